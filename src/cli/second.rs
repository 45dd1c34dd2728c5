//! `loong second`: what another verifier says of the stored pairs, kept beside our verdicts.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use futures::StreamExt as _;
use serde::Serialize;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::people::Others;
use super::progress::Meter;
use super::{Context, Exit, UsageError, output};
use crate::interpreter::{Interpreter, PythonInterpreter, PythonSettings};
use crate::second::command::Grader;
use crate::second::math_verify::{self, MathVerify};
use crate::second::{Account, Asked, Word};
use crate::store::filter::Filter;
use crate::store::record::SecondWord;
use crate::store::{OpenMode, PairRow, Store};

/// Words kept in one transaction.
const AT_ONCE: usize = 200;
/// Times that one is begun in vain before it is given up.
const IDLE: usize = 3;
/// Times that a grader which fails is begun again, as long as it gets on.
const AGAIN: usize = 20;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  loong second math-verify                    Math-Verify on every pair, in a venv of its own\n  \
                        loong second math-verify judged:yes         on the pairs that people judged\n  \
                        loong second ours tier:number -- python3 grader.py --strict\n  \
                        loong stats --audit                         its confusion, against people and against ours\n\n\
                        A command reads a pair a line, {\"id\", \"question\", \"reference\", \"response\"}, and prints a word a line: \
                        {\"id\", \"outcome\": equivalent | different | undecided | error} or {\"id\", \"reward\": 0 … 1 | null}, \
                        with a \"detail\" if it has one. It runs with your rights; a hung one is ended, and the pair kept as an error."
)]
pub(super) struct SecondArgs {
    /// What the verifier is called; `math-verify` is there without a command
    #[arg(value_name = "NAME")]
    name: String,
    /// Which candidates, in the filter language [default: all]
    #[arg(value_name = "FILTER")]
    filter: Vec<String>,
    /// The command, behind `--`
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<String>,
    /// Ask about pairs that it has answered, too
    #[arg(long)]
    again: bool,
    /// Seconds that a command may say nothing while a pair waits
    #[arg(long, default_value_t = 60, value_name = "S")]
    patience: u64,
    /// Address space of each process of a command, in MB; 0: without a limit
    #[arg(long, default_value_t = 4096, value_name = "MB")]
    memory_mb: u64,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Told {
    verifier: String,
    version: String,
    account: Account,
    others: Others,
}

pub(super) fn run(context: &Context, args: &SecondArgs) -> anyhow::Result<Exit> {
    let name = args.name.trim();
    if name.is_empty() || name == crate::review::panel::OURS || name.contains(char::is_whitespace) {
        return Err(UsageError(format!("`{name}` cannot be a verifier's name; give one word, such as `grader`")).into());
    }
    if args.command.is_empty() && name != math_verify::PACKAGE {
        let message = format!("which command is {name}? Put it behind `--`: loong second {name} -- python3 grader.py");
        return Err(UsageError(message).into());
    }
    if !args.command.is_empty() && name == math_verify::PACKAGE {
        let message =
            format!("{name} is the name of Math-Verify, which needs no command; call another verifier something else");
        return Err(UsageError(message).into());
    }
    let filter = Filter::parse(&args.filter.join(" "))?;
    let (project, store) = context.store(OpenMode::Existing)?;
    let filter = filter.asked_by(&context.reviewer(None));
    let version = if args.command.is_empty() { math_verify::REQUIREMENT.to_owned() } else { args.command.join(" ") };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let stop = CancellationToken::new();
    let signal = stop.clone();
    runtime.spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            signal.cancel();
        }
    });
    let meter = Arc::new(Meter::new(context.flags.quiet, false));
    let job =
        Job { store: &store, filter: &filter, name, version: &version, again: args.again, stop: &stop, meter: &meter };
    let done = if args.command.is_empty() {
        let config = context.config(Some(&project))?;
        let news = Arc::clone(&meter);
        let settings = context.python_settings(&config, Some(Arc::new(move |p| news.progress(&p))))?;
        // Whoever asks for it by name agrees to its being installed.
        let mut allow_packages = settings.allow_packages.clone();
        allow_packages.push(math_verify::PACKAGE.to_owned());
        let settings = PythonSettings { allow_packages, ..settings };
        runtime.block_on(with_math_verify(&job, settings))
    } else {
        let grader = Grader {
            command: args.command.clone(),
            patience: Duration::from_secs(args.patience.max(1)),
            memory: args.memory_mb << 20,
        };
        runtime.block_on(with_command(&job, &grader))
    };
    meter.finish();
    runtime.block_on(store.close())?;
    let account = done?;
    let others = Others::of(&store.reader()?, &filter)?;
    let failed = account.failure.is_some() || account.missing > 0 || account.failed > 0;
    if context.flags.json {
        output::print_json(&Told { verifier: name.to_owned(), version, account, others })?;
    } else {
        output::print(&told(name, &account, &others))?;
    }
    runtime.shutdown_timeout(Duration::from_secs(2));
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

/// What both ways of asking share.
struct Job<'a> {
    store: &'a Store,
    filter: &'a Filter,
    name: &'a str,
    version: &'a str,
    again: bool,
    stop: &'a CancellationToken,
    meter: &'a Arc<Meter>,
}

impl Job<'_> {
    /// Pairs that wait for a word, from a thread that reads as fast as they are taken.
    /// `done` are left out.
    fn pairs(&self, again: bool, done: &HashSet<i64>) -> anyhow::Result<mpsc::Receiver<Asked>> {
        let reader = self.store.reader()?;
        let mut known = if again { HashSet::new() } else { reader.said_by(self.name, self.version)? };
        known.extend(done);
        let (give, pairs) = mpsc::channel(64);
        let (filter, stop) = (self.filter.clone(), self.stop.clone());
        tokio::task::spawn_blocking(move || {
            let read = reader.pairs(&filter, |row| {
                if known.contains(&row.response_id) {
                    return ControlFlow::Continue(());
                }
                let gone = stop.is_cancelled() || give.blocking_send(asked(row)).is_err();
                if gone { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            if let Err(e) = read {
                tracing::warn!("pairs could not be read: {e}");
            }
        });
        Ok(pairs)
    }

    async fn keep(&self, words: &mut Vec<Word>) -> anyhow::Result<()> {
        let kept = words.drain(..).map(|word| SecondWord {
            response: word.id,
            verifier: self.name.to_owned(),
            outcome: word.outcome,
            detail: word.detail,
            version: self.version.to_owned(),
        });
        self.store.put_seconds(kept.collect()).await?;
        Ok(())
    }
}

fn asked(row: PairRow) -> Asked {
    Asked {
        id: row.response_id,
        question: row.question,
        references: row.references,
        response: row.response_text,
        domain: row.domain,
    }
}

async fn with_command(job: &Job<'_>, grader: &Grader) -> anyhow::Result<Account> {
    let mut all = Account::default();
    let mut done = HashSet::new();
    let mut idle = 0;
    for _ in 0..=AGAIN {
        // What it answered before it failed, and what it failed on, is not asked again.
        let pairs = job.pairs(job.again, &done)?;
        let (give, mut words) = mpsc::channel(64);
        let (grader, stop) = (grader.clone(), job.stop.clone());
        let asking = tokio::spawn(async move { grader.ask(pairs, give, stop).await });
        let mut waiting = Vec::with_capacity(AT_ONCE);
        while let Some(word) = words.recv().await {
            job.meter.step(word.outcome.as_str());
            done.insert(word.id);
            waiting.push(word);
            if waiting.len() >= AT_ONCE {
                job.keep(&mut waiting).await?;
            }
        }
        let account = asking.await?;
        // A pair that ends the grader would do so for ever.
        if let (Some(id), Some(why)) = (account.at, &account.failure) {
            let detail = why.clone();
            done.insert(id);
            waiting.push(Word { id, outcome: crate::verifier::Outcome::Error, detail });
        }
        job.keep(&mut waiting).await?;
        idle = if account.answered == 0 { idle + 1 } else { 0 };
        let over = account.failure.is_none() || account.at.is_none() || idle == IDLE || job.stop.is_cancelled();
        add(&mut all, account);
        if over {
            break;
        }
    }
    Ok(all)
}

/// Adds up what several beginnings came to; the last one says how it ended.
fn add(all: &mut Account, one: Account) {
    all.asked = all.asked.max(all.answered + all.failed + one.asked);
    all.answered += one.answered;
    all.unreadable += one.unreadable;
    all.unknown += one.unknown;
    all.repeated += one.repeated;
    all.failed += u64::from(one.at.is_some());
    all.missing = one.missing - u64::from(one.at.is_some()).min(one.missing);
    all.failure = one.failure;
    all.at = one.at;
    all.complaints.extend(one.complaints);
    all.complaints.truncate(5);
}

async fn with_math_verify(job: &Job<'_>, settings: PythonSettings) -> anyhow::Result<Account> {
    let workers = settings.workers.max(1);
    let interpreter: Arc<dyn Interpreter> = Arc::new(PythonInterpreter::new(settings));
    let verifier = MathVerify::new(interpreter);
    verifier.prepare().await?;
    let pairs = job.pairs(job.again, &HashSet::new())?;
    let batches = futures::stream::unfold(pairs, |mut pairs| async move {
        let mut batch = Vec::with_capacity(math_verify::AT_ONCE);
        while batch.len() < math_verify::AT_ONCE {
            match pairs.recv().await {
                Some(pair) => batch.push(pair),
                None => break,
            }
        }
        (!batch.is_empty()).then_some((batch, pairs))
    });
    let verifier = &verifier;
    let mut asked = std::pin::pin!(
        batches
            .map(|batch| async move {
                let words = verifier.ask(&batch).await;
                words.map(|words| (batch.len(), words))
            })
            .buffer_unordered(workers)
    );
    let mut account = Account::default();
    loop {
        let next = tokio::select! {
            next = asked.next() => next,
            () = job.stop.cancelled() => {
                account.failure = Some("it was stopped".to_owned());
                break;
            }
        };
        let Some(done) = next else { break };
        let (n, mut words) = done?;
        account.asked += n as u64;
        account.answered += words.len() as u64;
        for word in &words {
            job.meter.step(word.outcome.as_str());
        }
        job.keep(&mut words).await?;
    }
    Ok(account)
}

fn told(name: &str, account: &Account, others: &Others) -> String {
    let mut text = format!("{name} answered {} of {} pairs", account.answered, account.asked);
    for (n, what) in [
        (account.failed, "on which it failed"),
        (account.missing, "without an answer"),
        (account.unreadable, "lines that could not be read"),
        (account.unknown, "answers about pairs it was not asked of"),
        (account.repeated, "answers repeated (the first one counts)"),
    ] {
        if n > 0 {
            let _ = write!(text, " · {n} {what}");
        }
    }
    text.push('\n');
    for complaint in &account.complaints {
        let _ = writeln!(text, "  {}", output::line(complaint));
    }
    if let Some(failure) = &account.failure {
        let go_on = if account.missing > 0 { "; what it said is kept, and the same command goes on" } else { "" };
        let _ = writeln!(text, "{}{go_on}", output::line(failure));
    }
    text.push('\n');
    text.push_str(&others.render(output::width()).join("\n"));
    text
}
