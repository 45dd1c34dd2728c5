//! What goes over the wire: frames of OpenEnv's WebSocket protocol (openenv 0.10, `core/env_server/types.py`) and bodies of
//! its HTTP routes, which have the same shape.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use crate::words::words;

words! {
    /// Why a message was not served.
    pub(super) enum Code {
        /// It is no JSON.
        InvalidJson = "INVALID_JSON",
        /// Its type is none that there is.
        UnknownType = "UNKNOWN_TYPE",
        /// Its data do not fit the schema.
        Validation = "VALIDATION_ERROR",
        /// It could not be done.
        Execution = "EXECUTION_ERROR",
        /// There are as many sessions as there may be.
        Capacity = "CAPACITY_REACHED",
        /// The session ends.
        Session = "SESSION_ERROR",
    }
}

/// Why something was not done.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fault {
    pub(super) code: Code,
    pub(super) message: String,
    /// The fields at fault, in the form that `FastAPI` has.
    pub(super) errors: Vec<Value>,
    pub(super) status: StatusCode,
}

impl Fault {
    /// It could not be done.
    pub(super) fn failed(message: String) -> Self {
        Self { code: Code::Execution, message, errors: Vec::new(), status: StatusCode::INTERNAL_SERVER_ERROR }
    }

    /// It makes no sense now.
    pub(super) fn untimely(message: String) -> Self {
        Self { status: StatusCode::CONFLICT, ..Self::failed(message) }
    }

    /// A field does not fit.
    pub(super) fn invalid(kind: &str, place: &[&str], message: &str) -> Self {
        let errors = vec![json!({"type": kind, "loc": place, "msg": message})];
        let message = format!("{}: {message}", place.join("."));
        Self { code: Code::Validation, message, errors, status: StatusCode::UNPROCESSABLE_ENTITY }
    }

    /// The error frame.
    pub(super) fn frame(&self) -> String {
        let mut data = json!({"message": self.message, "code": self.code});
        if !self.errors.is_empty() {
            data["errors"] = Value::Array(self.errors.clone());
        }
        json!({"type": "error", "data": data}).to_string()
    }
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let detail = if self.errors.is_empty() { Value::String(self.message) } else { Value::Array(self.errors) };
        (self.status, axum::Json(json!({"detail": detail}))).into_response()
    }
}

/// What a policy sees. Before its step only the question and the domain are there.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Seen {
    pub(super) question: String,
    pub(super) domain: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verdict: Option<&'static str>,
    /// What the response was read as.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) extracted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    /// The reward by term.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) terms: BTreeMap<&'static str, f64>,
    pub(super) metadata: Metadata,
}

/// What stands beside an observation.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Metadata {
    pub(super) episode_id: String,
    /// Identity of the task, once the episode is done: of some tasks it would tell the answer to whoever tries answers out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) task: Option<String>,
}

/// An observation with its reward.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Observed {
    pub(super) observation: Seen,
    pub(super) reward: Option<f64>,
    pub(super) done: bool,
    pub(super) metadata: Metadata,
}

/// Where an episode stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct State {
    pub(super) episode_id: Option<String>,
    pub(super) step_count: u64,
}

/// A frame of this type.
pub(super) fn frame(kind: &str, data: &impl Serialize) -> String {
    // What is sent is made of texts and finite numbers, which JSON can always say.
    let data = serde_json::to_value(data).unwrap_or_default();
    json!({"type": kind, "data": data}).to_string()
}
