//! `loong serve`: the environment over the network.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde_json::json;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::run::verifier;
use super::verify::JudgeArgs;
use super::{Context, Exit, UsageError, output, unread, wiring};
use crate::config::{Config, RewardConfig};
use crate::environment::{RewardPolicy, RewardTerms, Source, StaticSource, Task};
use crate::export::selection::select;
use crate::server::{Counts, Desk, ServerLimits, Token, serve};
use crate::store::filter::Filter;
use crate::store::record::Origin;
use crate::store::{OpenMode, Store};

/// How often it is told what was served.
const TELL: Duration = Duration::from_secs(15);

/// Requests of one address a second where others than this machine can reach the server.
const PER_SECOND: u32 = 1000;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong serve                                    questions of the seeds, on http://127.0.0.1:8000\n  \
                        loong serve --from store domain:logic         questions of what was curated\n  \
                        LOONG_TOKEN=… loong serve --host 0.0.0.0 --token-env LOONG_TOKEN\n  \
                        curl -d '{\"reference\":\"1/2\",\"response\":\"0.5\"}' http://127.0.0.1:8000/v1/verify\n\n\
                        OpenEnv clients connect with base_url=\"http://127.0.0.1:8000\"; their action is {\"answer\": …}. A token goes \
                        along with headers={\"Authorization\": \"Bearer …\"}. \
                        Every episode is stored before its reward is told: `loong review origin:episode` shows them. \
                        [reward] in loong.toml or a recipe weighs the reward's terms. Ctrl-C drains, a second one leaves at once."
)]
pub(super) struct ServeArgs {
    /// With --from store: which candidates, in the filter language [default: all that an export would have]
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// The address to listen at; other than loopback it needs --token-env
    #[arg(long, default_value = "127.0.0.1", value_parser = host)]
    host: IpAddr,
    /// The port; 0 takes one that is free
    #[arg(long, default_value_t = 8000)]
    port: u16,
    /// Environment variable with the token that every request has to show, as `Authorization: Bearer …`
    #[arg(long, value_name = "NAME")]
    token_env: Option<String>,
    /// Where questions come from
    #[arg(long, value_enum, default_value_t = From::Seeds)]
    from: From,
    /// With --from seeds or templates: only these domains
    #[arg(long = "domain", value_name = "D")]
    domains: Vec<String>,
    /// Read sections from this file over the project's
    #[arg(long, value_name = "FILE")]
    recipe: Option<String>,
    /// Sessions open at once; episodes over HTTP have their own bound of as many, and the longest silent give way
    #[arg(long, value_name = "N", default_value_t = 4096, value_parser = clap::value_parser!(u32).range(1..))]
    sessions: u32,
    /// Requests and messages of one address a second: more are answered 429, sessions are made to wait; 0 is no bound
    /// [default: 0, with another host than loopback 1000]
    #[arg(long, value_name = "N")]
    rate: Option<u32>,
    /// Largest message and body, in MB
    #[arg(long, value_name = "MB", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1024))]
    max_mb: u32,
    /// Put what stays undecided to SymPy, which is installed once and runs isolated
    #[arg(long)]
    symbolic: bool,
    #[command(flatten)]
    judge: JudgeArgs,
}

/// Where questions come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum From {
    /// The seed dataset
    Seeds,
    /// Candidates of the store that an export would have
    Store,
    /// Template families, instantiated and executed without any model
    Templates,
}

pub(super) fn run(context: &Context, args: &ServeArgs) -> anyhow::Result<Exit> {
    let token = token(args)?;
    if !args.filter.is_empty() && args.from != From::Store {
        return Err(UsageError("a filter picks candidates of the store; add --from store".to_owned()).into());
    }
    let project = context.own_project()?;
    let mut config = context.config_with(Some(&project), args.recipe.as_deref())?;
    if !args.domains.is_empty() {
        config.run.domains.clone_from(&args.domains);
    }
    config.verifier.symbolic |= args.symbolic;
    let (policy, terms) = reward(&config.reward)?;
    let (_, store) = context.store(OpenMode::Create)?;
    let store = Arc::new(store);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let (source, told) = source(context, args, &config, &store)?;
    let settings = context.python_settings(&config, None)?;
    let mut escalation = wiring::escalation(&config, &settings)?;
    escalation.judge = args.judge.judge(&context.flags)?;
    if let Some(symbolic) = &escalation.symbolic {
        runtime.block_on(symbolic.prepare()).context("SymPy can't be had here, and it is asked for")?;
    }
    raise_descriptors();
    let limits = ServerLimits {
        sessions: args.sessions as usize,
        bytes: (args.max_mb as usize) << 20,
        per_second: args.rate.unwrap_or(if args.host.is_loopback() { 0 } else { PER_SECOND }),
        ..ServerLimits::default()
    };
    let sink = Arc::clone(&store) as Arc<dyn crate::store::Sink>;
    let desk = Desk { source, verifier: verifier(&config)?, escalation, policy, terms, sink, limits, token };
    runtime.block_on(listen(context, args, desk, &told))?;
    drop(runtime);
    if let Ok(store) = Arc::try_unwrap(store) {
        futures::executor::block_on(store.close())?;
    }
    Ok(Exit::Done)
}

/// Listens until Ctrl-C or SIGTERM, and tells what was served.
async fn listen(context: &Context, args: &ServeArgs, desk: Desk, told: &str) -> anyhow::Result<()> {
    let at = SocketAddr::new(args.host, args.port);
    let listener = TcpListener::bind(at)
        .await
        .map_err(|e| anyhow::anyhow!("{at} can't be listened at: {e}; --port 0 takes a port that is free"))?;
    let at = listener.local_addr()?;
    if context.flags.json {
        output::print_json(&json!({"event": "listening", "url": format!("http://{at}"), "questions": told}))?;
    }
    context.say(&format!("serving {told} on http://{at} (OpenEnv, POST /v1/verify); Ctrl-C drains and ends"));
    let counts = Arc::new(Counts::default());
    let stop = CancellationToken::new();
    tokio::spawn(ended(context.clone(), stop.clone()));
    let serving = serve(listener, desk, Arc::clone(&counts), stop);
    tokio::pin!(serving);
    let mut told = String::new();
    loop {
        tokio::select! {
            served = &mut serving => {
                served.context("the server broke off")?;
                break;
            }
            () = tokio::time::sleep(TELL) => {
                let now = figures(&counts);
                if now != told {
                    context.say(&now);
                    told = now;
                }
            }
        }
    }
    if context.flags.json {
        let (episodes, verified, refused) = (counts.episodes(), counts.verified(), counts.refused());
        let done = json!({"event": "done", "episodes": episodes, "verified": verified, "refused": refused});
        output::print_json(&done)?;
    }
    context.say(&format!("drained: {}", figures(&counts)));
    Ok(())
}

fn figures(counts: &Counts) -> String {
    let mut told = format!("{} episodes stored, {} pairs verified", counts.episodes(), counts.verified());
    let _ = write!(told, ", {} sessions open", counts.sessions());
    if counts.refused() > 0 {
        let _ = write!(told, ", {} requests refused", counts.refused());
    }
    told
}

/// Cancels at the first Ctrl-C or SIGTERM; a second one ends the process.
async fn ended(context: Context, stop: CancellationToken) {
    #[cfg(unix)]
    let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else { return };
    for nth in 0.. {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        if tokio::signal::ctrl_c().await.is_err() {
            return;
        }
        if nth > 0 {
            std::process::exit(130);
        }
        context.say("draining: what is being verified is answered and stored; once more to leave at once");
        stop.cancel();
    }
}

fn host(text: &str) -> Result<IpAddr, String> {
    if text == "localhost" {
        return Ok(IpAddr::from([127, 0, 0, 1]));
    }
    text.parse().map_err(|_| "an address of this machine, such as 127.0.0.1, ::1 or 0.0.0.0".to_owned())
}

/// The token; asked for where others than this machine can reach the server.
fn token(args: &ServeArgs) -> anyhow::Result<Option<Token>> {
    let Some(name) = &args.token_env else {
        if args.host.is_loopback() {
            return Ok(None);
        }
        let message = format!(
            "{} can be reached by others than this machine: put a token into an environment variable and name it with \
             --token-env",
            args.host
        );
        return Err(UsageError(message).into());
    };
    match std::env::var(name) {
        Ok(text) if !text.bytes().all(|b| b.is_ascii_graphic()) => Err(UsageError(format!(
            "the token in {name} has a space or a character that no header can have; take letters, digits and signs"
        ))
        .into()),
        Ok(text) if text.len() >= 16 => Ok(Some(Token::new(&text))),
        Ok(text) if !text.is_empty() => {
            Err(UsageError(format!("the token in {name} is too short; 16 characters at least")).into())
        }
        _ => Err(UsageError(format!("the environment has no {name}; put the token there")).into()),
    }
}

fn reward(config: &RewardConfig) -> anyhow::Result<(RewardPolicy, RewardTerms)> {
    let policy = config.undecided.parse().map_err(|e| UsageError(format!("[reward] undecided: {e}")))?;
    let weights = [config.accuracy, config.format, config.length];
    if !weights.iter().all(|w| w.is_finite()) {
        return Err(UsageError("[reward] has a weight that is no number".to_owned()).into());
    }
    let terms = RewardTerms {
        accuracy: config.accuracy,
        format: config.format,
        length: config.length,
        words: config.length_words,
    };
    Ok((policy, terms))
}

/// The tasks, and what they are in words.
fn source(
    context: &Context,
    args: &ServeArgs,
    config: &Config,
    store: &Store,
) -> anyhow::Result<(Arc<dyn Source>, String)> {
    let project = context.own_project()?;
    match args.from {
        From::Seeds => {
            let (seeds, bad) = wiring::seeds(&project, config)?;
            for row in &bad {
                context.say(&format!("left out: {row}"));
            }
            let told = format!("{} seeds", seeds.len());
            Ok((Arc::new(StaticSource::new(&seeds)), told))
        }
        From::Store => {
            let tasks = curated(store, &Filter::parse(&args.filter.join(" "))?)?;
            if tasks.is_empty() {
                let message = "no candidate that an export would have fits; `loong list` shows what there is, `loong export` \
                               why it is left out";
                return Err(UsageError(message.to_owned()).into());
            }
            let told = format!("{} curated questions", tasks.len());
            Ok((Arc::new(StaticSource::of(tasks)), told))
        }
        From::Templates => {
            let source = wiring::template_source(context, config, &project)?;
            Ok((Arc::new(source), "template problems".to_owned()))
        }
    }
}

/// What an export would have, a question once; episodes are answers to these, and no questions of their own.
fn curated(store: &Store, filter: &Filter) -> anyhow::Result<Vec<Task>> {
    let (mut tasks, mut seen) = (Vec::new(), HashSet::new());
    let unread = store.reader()?.for_each(filter, |view| {
        let view = view.current();
        let record = &view.record;
        let is_one = record.origin != Origin::Episode && select(&view).is_ok();
        if is_one
            && let Some(pair) = record.compared()
            && seen.insert(blake3::hash(record.question.as_bytes()))
        {
            tasks.push(Task {
                id: record.uid.clone(),
                question: record.question.clone(),
                domain: record.domain.clone(),
                references: pair.references,
                tolerance: pair.tolerance,
                options: pair.options,
                family: record.family.clone().unwrap_or_else(|| record.uid.clone()),
            });
        }
        ControlFlow::Continue(())
    })?;
    unread::told(&unread);
    Ok(tasks)
}

/// Each session is a descriptor, and the usual soft limit is 1,024.
fn raise_descriptors() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, getrlimit, setrlimit};
        let now = getrlimit(Resource::Nofile);
        if let Err(e) = setrlimit(Resource::Nofile, rustix::process::Rlimit { current: now.maximum, ..now }) {
            tracing::warn!("the limit of open files stays at {:?}: {e}", now.current);
        }
    }
}
