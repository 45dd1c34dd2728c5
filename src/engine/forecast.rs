//! What a run will probably use: from how earlier runs of its strategy asked, else from its prompts as they will be sent.
//!
//! Nothing is asked and nothing is stored. A reply's length is known only where there were replies; before, it is a guess,
//! and the range says so.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde::Serialize;
use serde_json::{Value, json};

use super::journal::Models;
use super::ledger::dollars;
use super::probable::{CHARS_PER_TOKEN, TYPICAL_REPLY};
use super::recipe::EngineRecipe;
use super::solve::Solving;
use crate::generator::prompt::PromptError;
use crate::generator::{Choose, Desk, Generator};
use crate::model::{Ask, AskError, Asked, ChatModel, ChatRequest, Role};
use crate::store::record::Habit;

/// Slots whose prompts are rendered.
const RENDERED: u64 = 64;
/// How far a guess may be off, as a factor.
const GUESS: f64 = 2.5;
/// The least that an estimate from replies may be off.
const LEAST: f64 = 0.1;
/// Strategies whose generator works without a model, and must not be tried out.
const WITHOUT_MODEL: &[&str] = &["command", "template"];

/// A sum that will probably lie between two others.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Range {
    /// Hardly less than this.
    pub low: f64,
    /// Probably this.
    pub likely: f64,
    /// Hardly more than this.
    pub high: f64,
}

/// What one model will probably be asked in one role.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ForecastLine {
    /// The role.
    pub role: Role,
    /// The model.
    pub model: String,
    /// Requests.
    pub requests: f64,
    /// Tokens of all requests.
    pub prompt_tokens: f64,
    /// Tokens of all replies.
    pub completion_tokens: f64,
    /// US dollars; `None` where the price is unknown.
    pub usd: Option<f64>,
    /// Replies that it is estimated from; 0: it is a guess.
    pub replies: u64,
}

/// An estimate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Forecast {
    /// Slots still to fill.
    pub slots: u64,
    /// By role and model.
    pub lines: Vec<ForecastLine>,
    /// Tokens, prompts and replies.
    pub tokens: Range,
    /// US dollars; `None` where any price is unknown.
    pub usd: Option<Range>,
    /// Seconds at the present concurrency; `None` where nobody knows how fast the models are.
    pub seconds: Option<f64>,
    /// What is not known, in sentences.
    pub unknown: Vec<String>,
}

/// What an estimate is made for.
pub struct Prospect<'a> {
    /// The recipe.
    pub recipe: &'a EngineRecipe,
    /// Who makes questions.
    pub generator: &'a Arc<dyn Generator>,
    /// Who plays which role.
    pub models: &'a Models,
    /// How earlier runs of the strategy asked.
    pub habits: &'a [Habit],
    /// Slots that have a candidate already.
    pub filled: u64,
    /// Requests that all endpoints together take at a time.
    pub in_flight: usize,
    /// The folder whose `prompts/` override the embedded ones.
    pub project: Option<&'a Path>,
}

/// A desk at which nobody answers: it notes what would be asked first.
#[derive(Default)]
struct DryDesk {
    asked: Mutex<Vec<ChatRequest>>,
}

#[async_trait]
impl Ask for DryDesk {
    async fn ask(&self, request: ChatRequest) -> Result<Asked, AskError> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        Err(AskError::Stopping)
    }
}

#[async_trait]
impl Desk for DryDesk {
    async fn choice(&self, _: u64, _: Option<&str>, choose: Choose<'_>) -> Result<Value, AskError> {
        Ok(choose(&[]))
    }
}

/// One line on the way, with what is needed for the range and the time.
struct Part {
    line: ForecastLine,
    spread: f64,
    seconds: Option<f64>,
}

/// The estimate of what is left of a run; `None` where no model is asked.
///
/// # Errors
/// When a prompt file is broken.
pub async fn forecast(prospect: &Prospect<'_>) -> Result<Option<Forecast>, PromptError> {
    let recipe = prospect.recipe;
    let slots = recipe.slots().saturating_sub(prospect.filled);
    let first = first_requests(prospect, slots).await;
    let mut parts = Vec::new();
    for (role, model, share) in players(prospect, &first) {
        let habits: Vec<&Habit> =
            prospect.habits.iter().filter(|h| h.spent.role == role && h.spent.model == model.name()).collect();
        let part = if habits.iter().any(|h| h.spent.replies > h.spent.unknown) {
            Some(from_habits(prospect, &habits, role, &model, slots, &first))
        } else if role == Role::Solver {
            Some(guessed_solver(prospect, &model, share, slots)?)
        } else {
            guessed(prospect, &first, role, &model, share, slots)
        };
        parts.extend(part);
    }
    Ok((!parts.is_empty()).then(|| sum(prospect, slots, parts)))
}

/// The first request of some of the slots that are left, as it would be sent.
async fn first_requests(prospect: &Prospect<'_>, slots: u64) -> Vec<ChatRequest> {
    if WITHOUT_MODEL.contains(&prospect.generator.strategy()) {
        return Vec::new();
    }
    let some = slots.min(RENDERED);
    let desk = DryDesk::default();
    for nth in 0..some {
        let ordinal = prospect.filled + nth * slots / some.max(1);
        // What comes of it is that nobody answers.
        let _ = prospect.generator.generate(ordinal, &desk).await;
    }
    desk.asked.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Who is asked in which role, with the share of the role's requests.
fn players(prospect: &Prospect<'_>, first: &[ChatRequest]) -> Vec<(Role, Arc<dyn ChatModel>, f64)> {
    let mut players: Vec<(Role, Arc<dyn ChatModel>, f64)> = Vec::new();
    let mut add = |role: Role, model: Arc<dyn ChatModel>, share: f64| match players
        .iter_mut()
        .find(|(r, m, _)| *r == role && m.name() == model.name())
    {
        Some((_, _, all)) => *all += share,
        None => players.push((role, model, share)),
    };
    let samples = prospect.recipe.samples;
    for sample in 0..samples {
        add(Role::Solver, Arc::clone(prospect.models.of(Role::Solver, sample)), 1.0 / f64::from(samples));
    }
    // Who shares a role shares its slots, as the requests themselves say.
    for request in first.iter().filter(|request| request.role != Role::Solver) {
        let played = prospect.models.of(request.role, request.sample);
        let model = played.chosen(request).unwrap_or_else(|| Arc::clone(played));
        add(request.role, model, 1.0);
    }
    let asked = prospect.generator.requests();
    for (role, _) in asked.iter().filter(|(role, _)| !first.is_empty() && first.iter().all(|r| r.role != *role)) {
        add(*role, Arc::clone(prospect.models.of(*role, 0)), 1.0);
    }
    for habit in prospect.habits.iter().filter(|h| h.spent.role != Role::Solver) {
        let model = prospect.models.of(habit.spent.role, 0);
        if model.name() == habit.spent.model {
            add(habit.spent.role, Arc::clone(model), 0.0);
        }
    }
    let mut sums: BTreeMap<Role, f64> = BTreeMap::new();
    for (role, _, share) in &players {
        *sums.entry(*role).or_default() += share;
    }
    for (role, _, share) in &mut players {
        let whole = sums[role];
        *share = if whole > 0.0 { *share / whole } else { 1.0 };
    }
    players
}

fn chars(request: &ChatRequest) -> f64 {
    request.rendered().chars().count() as f64
}

fn from_habits(
    prospect: &Prospect<'_>,
    habits: &[&Habit],
    role: Role,
    model: &Arc<dyn ChatModel>,
    slots: u64,
    first: &[ChatRequest],
) -> Part {
    let total = |of: &dyn Fn(&Habit) -> f64| habits.iter().map(|h| of(h)).sum::<f64>();
    // Slots of the runs that asked it, whether or not they came as far as this role.
    let begun: f64 = habits
        .iter()
        .map(|h| {
            prospect.habits.iter().filter(|o| o.run_id == h.run_id).map(|o| o.slots).max().unwrap_or(h.slots) as f64
        })
        .sum();
    let asked = total(&|h| {
        let scale = match role {
            Role::Solver => f64::from(prospect.recipe.samples) / samples_of(&h.recipe),
            _ => 1.0,
        };
        h.spent.replies as f64 * scale
    });
    let per_slot = asked / begun.max(1.0);
    let replies = total(&|h| h.spent.replies as f64);
    let told = (replies - total(&|h| h.spent.unknown as f64)).max(1.0);
    let (mut prompt, completion) =
        (total(&|h| h.spent.prompt_tokens as f64) / told, total(&|h| h.spent.completion_tokens as f64) / told);
    let of_role: Vec<f64> = first.iter().filter(|r| r.role == role).map(chars).collect();
    let seen_chars = total(&|h| h.prompt_chars as f64) / replies.max(1.0);
    let once = (per_slot - 1.0).abs() < 0.05;
    if once && !of_role.is_empty() && seen_chars > 0.0 {
        // The very prompts that will be sent, by the endpoint's own count of characters to a token.
        prompt *= of_role.iter().sum::<f64>() / of_role.len() as f64 / seen_chars;
    }
    let mean = total(&|h| h.spent.tokens() as f64) / told;
    let variance = (total(&|h| h.tokens_squared) / told - mean * mean).max(0.0);
    let requests = per_slot * slots as f64;
    let known = habits.iter().all(|h| h.spent.unpriced == 0) && replies > 0.0;
    let usd = model
        .price()
        .map(|price| price.estimate(prompt * requests, completion * requests))
        .or_else(|| known.then(|| total(&|h| h.spent.usd) / replies * requests));
    Part {
        spread: 2.0 * (requests * variance * (1.0 + requests / told)).sqrt(),
        seconds: Some(total(&|h| h.spent.seconds) / replies.max(1.0) * requests),
        line: ForecastLine {
            role,
            model: model.name().to_owned(),
            requests,
            prompt_tokens: prompt * requests,
            completion_tokens: completion * requests,
            usd,
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a sum of counts")]
            replies: replies as u64,
        },
    }
}

/// Responses that a stored recipe asked for.
fn samples_of(recipe: &str) -> f64 {
    let table: Option<toml::Table> = recipe.parse().ok();
    let samples = table.as_ref().and_then(|t| t.get("run")?.get("samples")?.as_integer());
    samples.filter(|n| *n > 0).unwrap_or(1) as f64
}

fn guess(role: Role, model: &Arc<dyn ChatModel>, requests: f64, prompt: f64, most: Option<u32>) -> Part {
    let completion = TYPICAL_REPLY.min(most.map_or(f64::INFINITY, f64::from));
    let usd = model.price().map(|price| price.estimate(prompt * requests, completion * requests));
    let (prompt_tokens, completion_tokens) = (prompt * requests, completion * requests);
    Part {
        spread: 0.0,
        seconds: None,
        line: ForecastLine {
            role,
            model: model.name().to_owned(),
            requests,
            prompt_tokens,
            completion_tokens,
            usd,
            replies: 0,
        },
    }
}

/// Prompts of a role whose first request is not seen are taken to be as long as those that are.
fn guessed(
    prospect: &Prospect<'_>,
    first: &[ChatRequest],
    role: Role,
    model: &Arc<dyn ChatModel>,
    share: f64,
    slots: u64,
) -> Option<Part> {
    let mut of_role: Vec<&ChatRequest> = first.iter().filter(|r| r.role == role).collect();
    if of_role.is_empty() {
        of_role = first.iter().collect();
    }
    let asked = prospect.generator.requests().iter().find(|(r, _)| *r == role).map_or(1.0, |(_, n)| *n);
    let most = of_role.first()?.sampling.max_tokens;
    let mean = of_role.iter().map(|r| chars(r)).sum::<f64>() / of_role.len() as f64;
    Some(guess(role, model, slots as f64 * share * asked, mean / CHARS_PER_TOKEN, most))
}

/// Questions will be about as long as those of the seeds.
fn guessed_solver(
    prospect: &Prospect<'_>,
    model: &Arc<dyn ChatModel>,
    share: f64,
    slots: u64,
) -> Result<Part, PromptError> {
    let recipe = prospect.recipe;
    let messages = Solving::prompt(prospect.project)?.render(json!({"question": ""}))?;
    let around: usize = messages.iter().map(|m| m.content.chars().count()).sum();
    let questions = &recipe.known_questions;
    let question = questions.iter().map(|q| q.chars().count()).sum::<usize>() as f64 / questions.len().max(1) as f64;
    let prompt = (around as f64 + question) / CHARS_PER_TOKEN;
    let requests = slots as f64 * f64::from(recipe.samples) * share;
    Ok(guess(Role::Solver, model, requests, prompt, recipe.solver_sampling.max_tokens))
}

fn sum(prospect: &Prospect<'_>, slots: u64, parts: Vec<Part>) -> Forecast {
    let tokens = |line: &ForecastLine| line.prompt_tokens + line.completion_tokens;
    let likely: f64 = parts.iter().map(|p| tokens(&p.line)).sum();
    let (mut low, mut high) = (0.0, 0.0);
    for part in &parts {
        let own = tokens(&part.line);
        if part.line.replies == 0 {
            low += own / GUESS;
            high += own * GUESS;
        } else {
            let off = part.spread.max(own * LEAST);
            low += (own - off).max(0.0);
            high += own + off;
        }
    }
    let usd: Option<f64> = parts.iter().map(|p| p.line.usd).sum();
    let by = |factor: f64| if likely > 0.0 { factor / likely } else { 1.0 };
    let mut unknown = Vec::new();
    for part in &parts {
        let line = &part.line;
        if line.usd.is_none() {
            unknown.push(format!("the price of {} is unknown; `loong prices` says where to give it", line.model));
        }
        if line.replies == 0 {
            unknown.push(format!("how long the replies of {} as {} are is a guess", line.model, line.role));
        }
    }
    unknown.dedup();
    let busy = |solver: bool| -> Option<f64> {
        parts.iter().filter(|p| (p.line.role == Role::Solver) == solver).map(|p| p.seconds).sum()
    };
    let width = prospect.recipe.concurrency;
    let samples = prospect.recipe.samples.max(1) as usize;
    let seconds = busy(false).zip(busy(true)).map(|(making, solving)| {
        let over = |seconds: f64, width: usize| seconds / width.max(1) as f64;
        over(making, width.generate)
            .max(over(solving, width.solve * samples))
            .max(over(making + solving, prospect.in_flight))
    });
    Forecast {
        slots,
        tokens: Range { low, likely, high },
        usd: usd.map(|usd| Range { low: usd * by(low), likely: usd, high: usd * by(high) }),
        seconds,
        lines: parts.into_iter().map(|part| part.line).collect(),
        unknown,
    }
}

impl Forecast {
    /// The estimate in one line.
    pub fn told(&self) -> String {
        let count = |n: f64| match n {
            n if n >= 1e6 => format!("{:.1}M", n / 1e6),
            n if n >= 1e4 => format!("{:.0}k", n / 1e3),
            n => format!("{n:.0}"),
        };
        let tokens = self.tokens;
        let money = self.usd.map_or_else(
            || "cost unknown".to_owned(),
            |usd| match usd.high {
                high if high <= 0.0 => dollars(0.0),
                _ => format!("{} ({} to {})", dollars(usd.likely), dollars(usd.low), dollars(usd.high)),
            },
        );
        let time = match self.seconds {
            Some(s) if s >= 5400.0 => format!(", about {:.1} h", s / 3600.0),
            Some(s) if s >= 90.0 => format!(", about {:.0} min", s / 60.0),
            Some(s) => format!(", about {:.0} s", s.ceil()),
            None => String::new(),
        };
        let replies: u64 = self.lines.iter().map(|line| line.replies).sum();
        let basis = if replies > 0 { format!("from {replies} earlier replies") } else { "a guess".to_owned() };
        format!(
            "estimate for {} slots ({basis}): {} tokens ({} to {}), {money}{time}",
            self.slots,
            count(tokens.likely),
            count(tokens.low),
            count(tokens.high)
        )
    }
}
