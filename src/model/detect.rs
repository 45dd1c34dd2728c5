//! Finding out what a local server serves.

use std::time::Duration;

use serde::Deserialize;

/// Bytes of a model list that are read.
const MOST: usize = 1 << 20;

#[derive(Deserialize)]
struct Listed {
    data: Vec<Model>,
}

#[derive(Deserialize)]
struct Model {
    id: String,
}

/// The first model that a server on this machine lists under `base_url` (ending in `/v1`); `None` when it does not speak
/// the dialect. Blocks, for `deadline` at the most; must not be called from async code.
pub fn first_model(base_url: &str, deadline: Duration) -> Option<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let listed = tokio::time::timeout(deadline, list(base_url)).await.ok()??;
        listed.data.into_iter().map(|m| m.id).next()
    })
}

async fn list(base_url: &str) -> Option<Listed> {
    // A server on loopback is never behind a proxy, and needs no certificate.
    let plain = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).tls_certs_only([]);
    rustls::crypto::ring::default_provider().install_default().ok();
    let client = plain.build().ok()?;
    let mut response = client.get(format!("{base_url}/models")).send().await.ok()?.error_for_status().ok()?;
    let mut body = Vec::new();
    while let Some(part) = response.chunk().await.ok()? {
        body.extend_from_slice(&part);
        if body.len() > MOST {
            return None;
        }
    }
    serde_json::from_slice(&body).ok()
}
