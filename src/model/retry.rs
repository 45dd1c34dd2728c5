//! When to ask again: the waits that endpoints ask for, in their spellings, and the gate that all requests of one
//! endpoint pass.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Longest single wait, whatever an endpoint asks for.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// Longest wait that the backoff grows to.
const LONGEST_BACKOFF: Duration = Duration::from_secs(30);
/// Shortest wait that an endpoint can ask for: less is no more than asking again.
pub(super) const SHORTEST_WAIT: Duration = Duration::from_millis(10);
/// The time by which limits are counted.
const MINUTE: Duration = Duration::from_secs(60);
/// Widest spread of the requests that a gate lets go after a wait.
const WIDEST_SPREAD: Duration = Duration::from_secs(2);

/// The waits between attempts where the endpoint asks for none: doubling, with jitter, up to 30 s, without an end.
pub(super) fn backoff(first: Duration) -> ExponentialBackoff {
    ExponentialBuilder::new()
        .with_min_delay(first)
        .with_max_delay(LONGEST_BACKOFF.max(first))
        .without_max_times()
        .with_jitter()
        .build()
}

/// The wait that an answer asks for: `retry-after-ms`, `retry-after` (seconds or an HTTP date), a sentence such as
/// "try again in 1.2s", Google's `retryDelay`, and `x-ratelimit-reset-…` of a limit that has nothing remaining.
pub(super) fn asked_wait(headers: &HeaderMap, message: &str, body: &Value) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).map(str::trim);
    let now = || text("date").and_then(http_date).unwrap_or_else(Timestamp::now);
    let spelled_in_milliseconds = text("retry-after-ms").and_then(|t| t.parse::<f64>().ok()).and_then(milliseconds);
    let spelled = || {
        let value = text(RETRY_AFTER.as_str())?;
        duration(value).or_else(|| {
            let until = http_date(value)?;
            Some(Duration::try_from(until.duration_since(now())).unwrap_or_default())
        })
    };
    let reset = || {
        ["requests", "tokens"].into_iter().find_map(|what| {
            let remaining = text(&format!("x-ratelimit-remaining-{what}"));
            if remaining.is_some_and(|r| r.parse::<f64>().is_ok_and(|r| r > 0.0)) {
                return None;
            }
            text(&format!("x-ratelimit-reset-{what}")).and_then(duration)
        })
    };
    spelled_in_milliseconds
        .or_else(spelled)
        .or_else(|| wait_in_words(message))
        .or_else(|| google_delay(body))
        .or_else(reset)
}

/// `Wed, 21 Oct 2015 07:28:00 GMT`.
fn http_date(text: &str) -> Option<Timestamp> {
    rfc2822::parse(text).ok().map(|zoned| zoned.timestamp())
}

fn milliseconds(number: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(number / 1000.0).ok()
}

/// `20`, `1.5`, `20ms`, `1.2s`, `6m0s`, `1h2m3.5s`: what has no unit is seconds.
fn duration(text: &str) -> Option<Duration> {
    let (whole, length) = leading_duration(text)?;
    text[length..].trim().is_empty().then_some(whole)
}

/// The duration at the start of a text, and how many bytes it takes.
fn leading_duration(text: &str) -> Option<(Duration, usize)> {
    let mut sum = 0.0;
    let mut at = 0;
    loop {
        let rest = &text[at..];
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        // A full stop that ends the sentence is no part of the number.
        let number = rest[..digits].trim_end_matches('.');
        let Ok(value) = number.parse::<f64>() else { break };
        let after = &rest[number.len()..];
        let gap = after.len() - after.trim_start_matches(' ').len();
        let word = after[gap..].split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        let seconds = match word.to_ascii_lowercase().as_str() {
            "ms" | "millisecond" | "milliseconds" => Some(0.001),
            "s" | "sec" | "secs" | "second" | "seconds" => Some(1.0),
            "m" | "min" | "mins" | "minute" | "minutes" => Some(60.0),
            "h" | "hour" | "hours" => Some(3600.0),
            "d" | "day" | "days" => Some(86400.0),
            _ => None,
        };
        if let Some(seconds) = seconds {
            sum += value * seconds;
            at += number.len() + gap + word.len();
        } else {
            // A number without a unit counts as seconds alone, not behind another part.
            if at == 0 {
                return Some((Duration::try_from_secs_f64(value).ok()?, number.len()));
            }
            break;
        }
    }
    if at == 0 { None } else { Some((Duration::try_from_secs_f64(sum).ok()?, at)) }
}

fn wait_in_words(message: &str) -> Option<Duration> {
    let lower = message.to_ascii_lowercase();
    ["try again in ", "retry in ", "retry after ", "try again after ", "available in "].into_iter().find_map(|phrase| {
        let from = lower.find(phrase)? + phrase.len();
        leading_duration(lower[from..].trim_start_matches("about ")).map(|(wait, _)| wait)
    })
}

/// `error.details[].retryDelay` of Google's APIs, such as `34s`.
fn google_delay(body: &Value) -> Option<Duration> {
    let details = body.pointer("/error/details")?.as_array()?;
    details.iter().find_map(|detail| duration(detail.get("retryDelay")?.as_str()?))
}

/// What all requests of an endpoint share: when the next may be sent, and when one was last answered.
///
/// A refusal that asks for a wait shuts the gate for everybody, unless a request that was sent later is answered: then
/// the endpoint as a whole is not at its limit, and only the refused request has to wait.
#[derive(Debug)]
pub(super) struct Gate {
    state: watch::Sender<State>,
}

#[derive(Debug, Clone, Copy, Default)]
struct State {
    shut: Option<Shut>,
    /// When the newest of the answered requests was sent.
    newest_answered: Option<Instant>,
    /// When the last answer came.
    answered_at: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Shut {
    until: Instant,
    spread: Duration,
    /// When the request was sent whose refusal shut the gate.
    sent: Instant,
}

impl Default for Gate {
    fn default() -> Self {
        Self { state: watch::Sender::new(State::default()) }
    }
}

impl Gate {
    /// Sends nothing more for `wait`, because a request sent at `sent` was refused. A gate that is shut for longer stays so.
    pub(super) fn shut_for(&self, wait: Duration, sent: Instant) {
        let new = Shut { until: Instant::now() + wait, spread: (wait / 4).min(WIDEST_SPREAD), sent };
        self.state.send_if_modified(|state| {
            let disproved = state.newest_answered.is_some_and(|newest| newest > sent);
            let later = state.shut.is_none_or(|old| old.until < new.until);
            if later && !disproved {
                state.shut = Some(new);
            }
            later && !disproved
        });
    }

    /// When a request that comes now may be sent: spread a little after the gate opens, so that not all that waited
    /// come at once. `None`: now.
    fn opens(&self) -> Option<Instant> {
        let shut = self.state.borrow().shut.filter(|shut| shut.until > Instant::now())?;
        Some(shut.until + shut.spread.mul_f64(rand::random::<f64>()))
    }

    /// Waits until the gate is open, also when it is shut again meanwhile; at most until `deadline`.
    /// Whether it opened.
    pub(super) async fn pass(&self, deadline: Instant) -> bool {
        if self.opens().is_none() {
            return true;
        }
        let mut changes = self.state.subscribe();
        while let Some(opens) = self.opens() {
            if opens > deadline {
                return false;
            }
            tokio::select! {
                () = sleep_until(opens) => {}
                // The sender is ours, so an error cannot come.
                _ = changes.changed() => {}
            }
        }
        true
    }

    /// Notes the answer to a request that was sent at `sent`.
    pub(super) fn note_answer(&self, sent: Instant) {
        self.state.send_if_modified(|state| {
            state.newest_answered = state.newest_answered.max(Some(sent));
            state.answered_at = Some(Instant::now());
            let disproved = state.shut.is_some_and(|shut| shut.sent < sent);
            if disproved {
                state.shut = None;
            }
            disproved
        });
    }

    /// Whether anybody was answered lately: within the minute by which limits are counted.
    pub(super) fn answers(&self) -> bool {
        self.state.borrow().answered_at.is_some_and(|at| at.elapsed() < MINUTE)
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};
    use serde_json::json;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|&(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    fn asked_ms(pairs: &[(&'static str, &'static str)], message: &str) -> Option<u128> {
        asked_wait(&headers(pairs), message, &Value::Null).map(|d| d.as_millis())
    }

    #[test]
    fn every_spelling_of_a_wait_is_read() {
        for (pairs, message, ms) in [
            (&[("retry-after", "2")][..], "", Some(2000)),
            (&[("retry-after", "0.5")], "", Some(500)),
            (&[("retry-after-ms", "1250"), ("retry-after", "9")], "", Some(1250)),
            (
                &[("retry-after", "Wed, 21 Oct 2015 07:28:30 GMT"), ("date", "Wed, 21 Oct 2015 07:28:00 GMT")],
                "",
                Some(30_000),
            ),
            (
                &[("retry-after", "Wed, 21 Oct 2015 07:27:00 GMT"), ("date", "Wed, 21 Oct 2015 07:28:00 GMT")],
                "",
                Some(0),
            ),
            (&[], "Limit 3, Used 3. Please try again in 20s. Visit x", Some(20_000)),
            (&[], "Please try again in 1.2s.", Some(1200)),
            (&[], "try again in 20ms", Some(20)),
            (&[], "Please try again in 6m0s.", Some(360_000)),
            (&[], "Please try again in 1h2m3.5s", Some(3_723_500)),
            (&[], "Please retry after 7 seconds.", Some(7000)),
            (&[], "Please retry in 34.074824224s.", Some(34_074)),
            (&[("x-ratelimit-reset-requests", "120ms")], "", Some(120)),
            (&[("x-ratelimit-remaining-requests", "5"), ("x-ratelimit-reset-requests", "1s")], "", None),
            (
                &[
                    ("x-ratelimit-remaining-requests", "5"),
                    ("x-ratelimit-reset-requests", "9s"),
                    ("x-ratelimit-remaining-tokens", "0"),
                    ("x-ratelimit-reset-tokens", "6m0s"),
                ],
                "",
                Some(360_000),
            ),
            (&[], "try again in a while", None),
            (&[("retry-after", "soon")], "", None),
            (&[("retry-after", "-3")], "", None),
            (&[("retry-after", "1e400")], "", None),
        ] {
            assert_eq!(asked_ms(pairs, message), ms, "{pairs:?} {message}");
        }
        let google = json!({"error": {"details": [{"@type": "x"}, {"retryDelay": "34s"}]}});
        assert_eq!(asked_wait(&HeaderMap::new(), "", &google), Some(Duration::from_secs(34)));
    }

    #[tokio::test]
    async fn the_gate_holds_everybody_until_it_opens() {
        let gate = Gate::default();
        let start = Instant::now();
        assert!(gate.opens().is_none(), "a new gate is open");
        gate.shut_for(Duration::from_secs(20), start);
        gate.shut_for(Duration::from_secs(1), start);
        let opens = gate.opens().expect("a shut gate");
        assert!(opens >= start + Duration::from_secs(20), "a shorter wait does not open it earlier");
        assert!(opens <= Instant::now() + Duration::from_secs(22), "the spread is bounded");
        assert!(!gate.pass(start + Duration::from_secs(5)).await, "it tells without waiting that it opens too late");

        let gate = Gate::default();
        gate.shut_for(Duration::from_millis(30), start);
        assert!(gate.pass(start + Duration::from_secs(600)).await);
        assert!(start.elapsed() >= Duration::from_millis(30));
        assert!(gate.opens().is_none(), "it stays open");
    }

    #[tokio::test]
    async fn an_answer_to_a_later_request_opens_the_gate() {
        let (gate, start) = (Gate::default(), Instant::now());
        let later = start + Duration::from_millis(1);
        gate.shut_for(Duration::from_secs(600), start);
        gate.note_answer(start);
        assert!(gate.opens().is_some(), "an answer to an earlier request proves nothing");
        let far = start + Duration::from_secs(6000);
        let (opened, ()) = tokio::join!(gate.pass(far), async { gate.note_answer(later) });
        assert!(opened && gate.opens().is_none(), "who waits is woken");
        gate.shut_for(Duration::from_secs(600), start);
        assert!(gate.opens().is_none(), "a refusal that is disproved already shuts nothing");
        gate.shut_for(Duration::from_secs(600), later);
        assert!(gate.opens().is_some());
        assert!(gate.answers() && !Gate::default().answers());
    }

    #[test]
    fn the_backoff_grows_and_stays_bounded() {
        let waits: Vec<Duration> = backoff(Duration::from_millis(100)).take(40).collect();
        assert_eq!(waits.len(), 40);
        assert!(waits[0] >= Duration::from_millis(100) && waits[0] <= Duration::from_millis(200));
        assert!(waits[39] >= Duration::from_secs(30) && waits[39] <= Duration::from_secs(60));
    }
}
