//! What a model may be asked in a minute: requests, and tokens of prompts and replies.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};

/// A minute's allowance may be used this many times as fast for a moment.
const BURST: u32 = 6;

/// The allowance of one model, as the user said it; nothing said is no bound.
#[derive(Debug)]
pub(super) struct Allowance {
    requests: Option<DefaultDirectRateLimiter>,
    tokens: Option<Tokens>,
}

#[derive(Debug)]
struct Tokens {
    limiter: DefaultDirectRateLimiter,
    burst: NonZeroU32,
    /// Used beyond what was foreseen, and not waited for yet.
    owed: AtomicU64,
}

impl Allowance {
    pub(super) fn new(requests_per_minute: Option<u32>, tokens_per_minute: Option<u32>) -> Self {
        let a_minute = |most: Option<u32>| {
            let most = NonZeroU32::new(most?)?;
            let burst = NonZeroU32::new(most.get() / BURST).unwrap_or(NonZeroU32::MIN);
            Some((RateLimiter::direct(Quota::per_minute(most).allow_burst(burst)), burst))
        };
        Self {
            requests: a_minute(requests_per_minute).map(|(limiter, _)| limiter),
            tokens: a_minute(tokens_per_minute).map(|(limiter, burst)| Tokens {
                limiter,
                burst,
                owed: AtomicU64::new(0),
            }),
        }
    }

    /// Waits until the minute has room for a request with a prompt of so many tokens, and for what earlier ones owe.
    pub(super) async fn turn(&self, tokens: u64) {
        if let Some(requests) = &self.requests {
            requests.until_ready().await;
        }
        let Some(all) = &self.tokens else { return };
        let mut due = tokens.saturating_add(all.owed.swap(0, Ordering::Relaxed));
        // More than a burst can't be had at once.
        while let Some(part) = u32::try_from(due.min(u64::from(all.burst.get()))).ok().and_then(NonZeroU32::new) {
            all.limiter.until_n_ready(part).await.ok();
            due -= u64::from(part.get());
        }
    }

    /// A request that waited for `foreseen` tokens used so many with its reply: the next one waits for the difference.
    pub(super) fn used(&self, tokens: u64, foreseen: u64) {
        if let Some(all) = &self.tokens {
            all.owed.fetch_add(tokens.saturating_sub(foreseen), Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_minutes_allowance_is_kept() {
        let ready = |allowance: &Allowance, tokens| allowance.turn(tokens).now_or_never().is_some();
        let requests = Allowance::new(Some(12), None);
        assert!(ready(&requests, 1_000_000) && ready(&requests, 1_000_000));
        assert!(!ready(&requests, 1), "two of twelve at once");
        let tokens = Allowance::new(None, Some(600));
        assert!(ready(&tokens, 60) && ready(&tokens, 40));
        assert!(!ready(&tokens, 10));
        let small = Allowance::new(None, Some(600));
        assert!(!ready(&small, 5000), "a request larger than a burst waits for all of it");
    }

    #[tokio::test]
    async fn replies_count_too() {
        let allowance = Allowance::new(None, Some(600));
        assert!(allowance.turn(10).now_or_never().is_some());
        allowance.used(510, 10);
        assert!(allowance.turn(10).now_or_never().is_none(), "500 tokens of the reply are owed first");
    }
}
