//! What the server says of itself: OpenEnv's `/health`, `/metadata`, `/schema`, `/openapi.json` and `/mcp`.

use axum::Json;
use serde_json::{Value, json};

use super::ITEMS;
use super::ask::{LONGEST_BESIDE, quoted};

const NAME: &str = "loong";
const DESCRIPTION: &str =
    "Reasoning questions with answers that are checked by meaning: one question, one response, one reward.";

pub(super) async fn health() -> Json<Value> {
    Json(json!({"status": "healthy"}))
}

pub(super) async fn metadata() -> Json<Value> {
    Json(json!({"name": NAME, "description": DESCRIPTION, "version": env!("CARGO_PKG_VERSION")}))
}

pub(super) async fn schemas() -> Json<Value> {
    Json(json!({"action": action(), "observation": observation(), "state": state()}))
}

/// There are no tools here, which JSON-RPC says in its own way.
pub(super) async fn mcp(body: String) -> Json<Value> {
    let body = if body.len() > LONGEST_BESIDE { "" } else { &body };
    let request: Value = serde_json::from_str(body).unwrap_or_default();
    let id = request.get("id").cloned().unwrap_or_default();
    let (code, message) = match request.get("method").and_then(Value::as_str) {
        None => (-32600, "Invalid request: it has no method".to_owned()),
        Some(method) => (-32601, format!("Method not found: {}; this environment has no tools", quoted(method))),
    };
    Json(json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}}))
}

fn action() -> Value {
    json!({
        "title": "AnswerAction",
        "type": "object",
        "properties": {
            "answer": {"description": "The response: free text that ends with an answer, or the answer alone, of any JSON type"},
            "metadata": {"type": "object", "default": {}, "description": "Kept with the episode"}
        },
        "required": ["answer"],
        "additionalProperties": false
    })
}

fn observation() -> Value {
    let text = |description: &str| json!({"type": "string", "description": description});
    json!({
        "title": "QuestionObservation",
        "type": "object",
        "properties": {
            "question": text("The question"),
            "domain": text("Its domain"),
            "verdict": text("After the step: equivalent, different, undecided or error"),
            "extracted": text("After the step: what the response was read as"),
            "reason": text("After the step: why the verdict is so"),
            "terms": {"type": "object", "additionalProperties": {"type": "number"}, "description": "After the step: the reward by term"},
            "metadata": {"type": "object", "properties": {
                "episode_id": text("Identity of the episode"),
                "task": text("After the step: identity of the task")
            }}
        },
        "required": ["question", "domain"],
        "additionalProperties": false
    })
}

fn state() -> Value {
    json!({
        "title": "State",
        "type": "object",
        "properties": {
            "episode_id": {"type": ["string", "null"], "default": null},
            "step_count": {"type": "integer", "minimum": 0, "default": 0}
        }
    })
}

pub(super) async fn openapi() -> Json<Value> {
    let ok =
        |schema: Value| json!({"200": {"description": "Done", "content": {"application/json": {"schema": schema}}}});
    let body = |schema: Value| json!({"required": true, "content": {"application/json": {"schema": schema}}});
    let object = || json!({"type": "object"});
    let observed = json!({
        "title": "Observed",
        "type": "object",
        "properties": {
            "observation": observation(),
            "reward": {"type": ["number", "null"]},
            "done": {"type": "boolean"},
            "metadata": {"type": "object"}
        },
        "required": ["observation", "done"]
    });
    let pair = json!({
        "title": "Pair",
        "type": "object",
        "properties": {
            "id": {}, "reference": {}, "final_answer": {}, "response": {},
            "question": {"type": "string"}, "domain": {"type": "string"},
            "tolerance": {"type": "number"}, "options": {"type": ["array", "object"]}
        },
        "required": ["response"]
    });
    let get = |summary: &str, schema: Value| json!({"get": {"summary": summary, "responses": ok(schema)}});
    let post = |summary: &str, asked: Value, schema: Value| json!({"post": {"summary": summary, "requestBody": body(asked), "responses": ok(schema)}});
    let reset = json!({
        "title": "Reset",
        "type": "object",
        "properties": {
            "seed": {"type": ["integer", "null"], "minimum": 0, "description": "The same gives the same question"},
            "episode_id": {"type": ["string", "null"], "maxLength": 255},
            "task": {"type": ["string", "null"], "description": "Identity of the task, instead of one that is drawn"}
        }
    });
    let step = json!({
        "title": "Step",
        "type": "object",
        "properties": {"action": action(), "episode_id": {"type": "string"}},
        "required": ["action", "episode_id"]
    });
    let verified =
        json!({"type": "object", "properties": {"results": {"type": "array", "items": object(), "maxItems": ITEMS}}});
    let pairs = json!({"oneOf": [pair.clone(), {
        "type": "object", "properties": {"items": {"type": "array", "items": pair, "maxItems": ITEMS}}, "required": ["items"]
    }]});
    Json(json!({
        "openapi": "3.1.0",
        "info": {"title": NAME, "description": DESCRIPTION, "version": "1.0.0"},
        "paths": {
            "/health": get("Whether it serves", object()),
            "/metadata": get("What it is", object()),
            "/schema": get("Schemas of action, observation and state", object()),
            "/reset": post("Begin an episode", reset, observed.clone()),
            "/step": post("Respond to its question", step, observed),
            "/state": get("Where an episode stands", state()),
            "/mcp": post("JSON-RPC; there are no tools", object(), object()),
            "/v1/verify": post("Verify pairs", pairs, verified)
        }
    }))
}
