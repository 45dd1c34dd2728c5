//! Reward functions for trainers, written beside the rows: small Python files that ask the verifier which checked the data.

use super::options::{FormatName, RewardFor};

const CLIENT: &str = include_str!("../../assets/reward/client.py");
const TRL: &str = include_str!("../../assets/reward/trl.py");
const VERL: &str = include_str!("../../assets/reward/verl.py");

impl RewardFor {
    /// The format whose rows it reads.
    pub fn format(self) -> FormatName {
        match self {
            Self::Trl => FormatName::PromptOnly,
            Self::Verl => FormatName::Verl,
        }
    }

    /// The file, which Python knows as `module`.
    pub(super) fn source(self, module: &str) -> String {
        let text = match self {
            Self::Trl => TRL,
            Self::Verl => VERL,
        };
        text.replace("{module}", module).replace("{client}", CLIENT)
    }
}
