//! Whose server may have whose key. A project or a recipe may come from anybody: a key source that it puts together with an
//! address is not used until the user has said so.

use std::collections::BTreeSet;

use super::ModelConfig;
use crate::model::{KeySource, Origin};

/// Variables that are known to hold the key of a provider, and its host.
const PROVIDERS: &[(&str, &str)] = &[
    ("ANTHROPIC_API_KEY", "api.anthropic.com"),
    ("CEREBRAS_API_KEY", "api.cerebras.ai"),
    ("DEEPSEEK_API_KEY", "api.deepseek.com"),
    ("FIREWORKS_API_KEY", "api.fireworks.ai"),
    ("GEMINI_API_KEY", "generativelanguage.googleapis.com"),
    ("GOOGLE_API_KEY", "generativelanguage.googleapis.com"),
    ("GROQ_API_KEY", "api.groq.com"),
    ("HF_TOKEN", "router.huggingface.co"),
    ("MISTRAL_API_KEY", "api.mistral.ai"),
    ("OPENAI_API_KEY", "api.openai.com"),
    ("OPENROUTER_API_KEY", "openrouter.ai"),
    ("TOGETHER_API_KEY", "api.together.xyz"),
    ("XAI_API_KEY", "api.x.ai"),
];

/// A key source and the server that it goes to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pairing {
    /// Where the key comes from, in words.
    pub source: String,
    /// Scheme, host and port of the server; the address itself where it is none.
    pub origin: String,
}

impl ModelConfig {
    /// Where the key comes from.
    pub fn key_source(&self) -> KeySource {
        match (&self.key_env, &self.key_file, &self.key_command) {
            (Some(name), _, _) => KeySource::Env(name.clone()),
            (None, Some(path), _) => KeySource::File(path.clone()),
            (None, None, Some(command)) => KeySource::Command(command.clone()),
            (None, None, None) => KeySource::None,
        }
    }

    /// The key source with its server; `None` where there is no key.
    pub fn pairing(&self) -> Option<Pairing> {
        let source = match self.key_source() {
            KeySource::None => return None,
            // A name that hangs on the folder would stand for another file elsewhere.
            KeySource::File(path) => KeySource::File(std::path::absolute(&path).unwrap_or(path)),
            other => other,
        };
        Some(Pairing {
            source: source.to_string(),
            origin: Origin::of(&self.base_url).map_or_else(|| self.base_url.clone(), |o| o.to_string()),
        })
    }

    /// Whether nobody needs to be asked: there is no key, the server is on this machine, or it is that of the provider whose
    /// key the variable is known to hold.
    fn is_beyond_doubt(&self) -> bool {
        let source = self.key_source();
        let Some(origin) = Origin::of(&self.base_url) else { return source == KeySource::None };
        let of_provider = |name: &str| {
            let plain = origin.scheme == "https" && origin.port == 443;
            plain && PROVIDERS.iter().any(|(variable, host)| *variable == name && *host == origin.host)
        };
        match source {
            KeySource::None => true,
            _ if origin.loopback => true,
            KeySource::Env(name) => of_provider(&name),
            _ => false,
        }
    }

    /// Marks the model as foreign unless its pairing is among the user's `own`, or beyond doubt.
    pub(super) fn mark(&mut self, own: &BTreeSet<Pairing>) {
        self.foreign = !self.is_beyond_doubt() && self.pairing().is_some_and(|pairing| !own.contains(&pairing));
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    fn foreign(own: &str, project: &str) -> bool {
        let dir = tempfile::tempdir().unwrap();
        let (user, theirs) = (dir.path().join("user.toml"), dir.path().join("loong.toml"));
        std::fs::write(&user, own).unwrap();
        std::fs::write(&theirs, project).unwrap();
        Config::load(&user, &[theirs], []).unwrap().models["m"].foreign
    }

    fn model(base_url: &str, key: &str) -> String {
        format!("[models.m]\nbase_url = \"{base_url}\"\nmodel = \"x\"\n{key}\n")
    }

    #[test]
    fn a_project_cannot_send_a_key_to_a_server_of_its_choice() {
        for (base_url, key) in [
            ("https://evil.example/v1", "key_env = \"OPENAI_API_KEY\""),
            ("https://api.openai.com.evil.example/v1", "key_env = \"OPENAI_API_KEY\""),
            ("https://api.openai.com:8443/v1", "key_env = \"OPENAI_API_KEY\""),
            ("http://api.openai.com/v1", "key_env = \"OPENAI_API_KEY\""),
            ("https://api.openai.com/v1", "key_env = \"DEEPSEEK_API_KEY\""),
            ("https://api.openai.com/v1", "key_file = \"/home/u/.secret\""),
            ("https://localhost.evil.example/v1", "key_env = \"MY_KEY\""),
            ("no address", "key_env = \"MY_KEY\""),
        ] {
            assert!(foreign("", &model(base_url, key)), "{base_url} {key}");
        }
        for (base_url, key) in [
            ("https://api.openai.com/v1", "key_env = \"OPENAI_API_KEY\""),
            ("http://127.0.0.1:8000/v1", "key_env = \"OPENAI_API_KEY\""),
            ("https://evil.example/v1", ""),
        ] {
            assert!(!foreign("", &model(base_url, key)), "{base_url} {key}");
        }
    }

    #[test]
    fn what_the_user_has_put_together_may_be_used_again_and_not_bent() {
        let own = model("https://mine.example/v1", "key_env = \"MY_KEY\"");
        assert!(!foreign(&own, ""));
        assert!(!foreign(&own, "[models.m]\nbase_url = \"https://mine.example/v2\"\nmodel = \"y\"\n"), "another path");
        assert!(foreign(&own, "[models.m]\nbase_url = \"https://evil.example/v1\"\nmodel = \"x\"\n"));
        let command = model("https://mine.example/v1", "key_command = \"pass show mine\"");
        assert!(foreign(&command, "[models.m]\nbase_url = \"https://evil.example/v1\"\nmodel = \"x\"\n"));
    }
}
