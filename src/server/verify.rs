//! `POST /v1/verify`: pairs in, verdicts and rewards out, in the same order, as the filter `loong verify` has them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::future::join_all;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::wire::Fault;
use super::{ITEMS, Shared};
use crate::environment::line::{Asked, answered, failed, plain_reward};
use crate::verifier::{Outcome, Pair, Verdict, verify_guarded};

/// Pairs that are worth a thread of their own.
const WORTH_A_THREAD: usize = 16;

/// A body with several pairs.
#[derive(Deserialize)]
struct Several<'a> {
    #[serde(borrow)]
    items: Vec<&'a RawValue>,
}

/// Whether a body has several at all.
#[derive(Deserialize)]
struct Items<'a> {
    #[serde(borrow, default)]
    items: Option<&'a RawValue>,
}

/// A pair, verified.
struct Done {
    id: Option<String>,
    pair: Option<Pair>,
    verdict: Verdict,
}

pub(super) async fn verify(State(shared): State<Arc<Shared>>, body: Bytes) -> Result<Response, Fault> {
    // Cut into its pairs where work is done: it may be large.
    let (items, alone) = shared.compute(move || cut(&body)).await??;
    let done = verdicts(&shared, items).await?;
    shared.counts.verified.fetch_add(done.len() as u64, Ordering::Relaxed);
    let body = match done.as_slice() {
        [one] if alone => line(one),
        _ => {
            let lines = move || done.iter().map(line).collect::<Vec<_>>().join(",");
            format!("{{\"results\":[{}]}}", shared.compute(lines).await?)
        }
    };
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// The texts of a body's pairs, and whether it is one pair alone.
fn cut(body: &[u8]) -> Result<(Vec<String>, bool), Fault> {
    let text = std::str::from_utf8(body).map_err(|_| Fault::invalid("json_invalid", &["body"], "it is not UTF-8"))?;
    let invalid = |e: serde_json::Error| Fault::invalid("json_invalid", &["body"], &e.to_string());
    let (items, alone): (Vec<&RawValue>, bool) = if text.trim_start().starts_with('[') {
        (serde_json::from_str(text).map_err(invalid)?, false)
    } else {
        match serde_json::from_str::<Several>(text) {
            Ok(several) => (several.items, false),
            Err(e) if e.is_data() && serde_json::from_str::<Items>(text).is_ok_and(|body| body.items.is_none()) => {
                (vec![serde_json::from_str(text).map_err(invalid)?], true)
            }
            Err(e) => return Err(invalid(e)),
        }
    };
    if items.len() > ITEMS {
        let message = format!("{} pairs, and {ITEMS} are allowed in one request; send them in parts", items.len());
        return Err(Fault { status: StatusCode::PAYLOAD_TOO_LARGE, ..Fault::failed(message) });
    }
    Ok((items.into_iter().map(|item| item.get().to_owned()).collect(), alone))
}

/// All verdicts, in order: natively first, on as many threads as are worth it, then by whoever is asked further.
async fn verdicts(shared: &Arc<Shared>, items: Vec<String>) -> Result<Vec<Done>, Fault> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = (items.len() / WORTH_A_THREAD).clamp(1, cores);
    let parts = items.chunks(items.len().div_ceil(threads).max(1)).map(|part| {
        let texts = part.to_vec();
        let verifier = Arc::clone(&shared.desk.verifier);
        shared.compute(move || {
            let one = |text: &String| {
                let Asked { id, pair, .. } = Asked::read(text);
                match pair {
                    Ok(pair) => Done { id, verdict: verify_guarded(verifier.as_ref(), &pair), pair: Some(pair) },
                    Err(why) => Done { id, pair: None, verdict: failed(why) },
                }
            };
            texts.iter().map(one).collect::<Vec<Done>>()
        })
    });
    let mut all = Vec::with_capacity(items.len());
    for part in join_all(parts).await {
        all.extend(part?);
    }
    let escalation = &shared.desk.escalation;
    if !escalation.is_empty() {
        let undecided = all.iter_mut().filter(|done| done.verdict.outcome == Outcome::Undecided);
        join_all(undecided.map(|done| async {
            if let Some(pair) = &done.pair {
                done.verdict = escalation.settle(pair, done.verdict.clone()).await.verdict;
            }
        }))
        .await;
    }
    Ok(all)
}

/// As the filter has it: `[reward]` is what episodes pay.
fn line(done: &Done) -> String {
    answered(done.id.as_deref(), None, &done.verdict, plain_reward(&done.verdict), None)
}
