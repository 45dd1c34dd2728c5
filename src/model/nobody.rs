//! Nobody: stands where no model is configured, in runs that ask none.

use async_trait::async_trait;

use super::{ChatModel, ChatReply, ChatRequest, ModelError};

/// A model that is not there. Whoever asks it all the same is told what to configure.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

#[async_trait]
impl ChatModel for Nobody {
    fn name(&self) -> &'static str {
        "nobody"
    }

    async fn chat(&self, request: &ChatRequest) -> Result<ChatReply, ModelError> {
        Err(ModelError::Key {
            endpoint: "nobody".to_owned(),
            status: 401,
            message: format!("no model plays the {}", request.role),
            hint: "add a [models.NAME] section to loong.toml".to_owned(),
        })
    }
}
