//! A run that goes on under the recipe that it was begun under.

use super::{Config, ConfigError};

impl Config {
    /// The configuration of a run by its recipe, with all that is no part of a recipe as it is here. A store may come from
    /// anybody: a key goes along only to the address that it has here, and a program is executed only where it is named
    /// here too.
    pub fn resumed(&self, recipe: &str) -> Result<Self, ConfigError> {
        let unreadable = |e: toml::de::Error| {
            let why = e.message();
            ConfigError::Roles(format!(
                "the run's recipe can't be read by this version of loong ({why}); begin another run"
            ))
        };
        let mut then: Self = toml::from_str(recipe).map_err(unreadable)?;
        then.run.candidates = self.run.candidates;
        then.concurrency = self.concurrency.clone();
        then.budget = self.budget.clone();
        then.prices = self.prices.clone();
        then.log = self.log.clone();
        then.screen = self.screen.clone();
        then.review = self.review.clone();
        then.interpreter.python.clone_from(&self.interpreter.python);
        then.interpreter.workers = self.interpreter.workers;
        then.interpreter.allow_packages.clone_from(&self.interpreter.allow_packages);
        then.interpreter.offline = self.interpreter.offline;
        for (name, model) in &mut then.models {
            let known = self.models.get(name).filter(|now| now.base_url == model.base_url);
            let Some(now) = known else {
                (model.key_env, model.key_file, model.key_command) = (None, None, None);
                continue;
            };
            model.key_env.clone_from(&now.key_env);
            model.key_file.clone_from(&now.key_file);
            model.key_command.clone_from(&now.key_command);
            model.stream = now.stream;
            model.in_flight = now.in_flight;
            model.request_seconds = now.request_seconds;
            model.total_seconds = now.total_seconds;
            model.attempts = now.attempts;
            model.requests_per_minute = now.requests_per_minute;
            model.tokens_per_minute = now.tokens_per_minute;
            model.price = now.price;
            model.foreign = now.foreign;
        }
        let (program, here) = (&then.strategy.command.run, &self.strategy.command.run);
        if !program.is_empty() && program != here {
            let words: Vec<&str> = program.iter().map(String::as_str).collect();
            let words = shlex::try_join(words).unwrap_or_default();
            return Err(ConfigError::Roles(format!(
                "the run's problems come from the program `{words}`, and you have not named it; say --command with exactly that"
            )));
        }
        then.strategy.command.clone_from(&self.strategy.command);
        then.check()?;
        Ok(then)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> Config {
        toml::from_str(text).unwrap()
    }

    const MODEL: &str = "[models.a]\nbase_url = \"https://one.example/v1\"\nmodel = \"m\"\n";

    #[test]
    fn a_recipe_comes_back_with_what_is_no_part_of_one() {
        let begun = config(&format!("{MODEL}key_env = \"K\"\nin_flight = 3\n[run]\nshots = 2\ncandidates = 7\n"));
        let other =
            "[models.b]\nbase_url = \"u\"\nmodel = \"m\"\n[run]\nshots = 5\ncandidates = 9\n[budget]\ntokens = 4\n";
        let now = config(&format!("{MODEL}key_env = \"NEW\"\n{other}"));
        let resumed = now.resumed(&begun.recipe()).unwrap();
        assert_eq!(resumed.recipe(), begun.recipe());
        assert_eq!((resumed.run.shots, resumed.run.candidates, resumed.budget.tokens), (2, 9, 4));
        assert_eq!(resumed.models["a"].key_env.as_deref(), Some("NEW"));
        assert!(now.resumed("[run]\nnovel = 1\n").unwrap_err().to_string().contains("novel"));
    }

    #[test]
    fn a_foreign_recipe_gets_no_key_and_executes_nothing() {
        let now = config(&format!("{MODEL}key_env = \"K\"\n"));
        let theirs = MODEL.replace("one.example", "evil.example");
        for said in ["", "key_env = \"K\"\n", "key_command = \"touch x\"\n"] {
            let model = now.resumed(&format!("{theirs}{said}")).unwrap().models["a"].clone();
            assert!(model.pairing().is_none() && model.key_command.is_none(), "{model:?}");
        }
        let program = "[run]\nstrategy = \"command\"\n[strategy.command]\nrun = [\"./evil\", \"a b\"]\n";
        let told = now.resumed(program).unwrap_err().to_string();
        assert!(told.contains("./evil 'a b'"), "{told}");
        assert!(config(program).resumed(program).is_ok());
        let python = now.resumed("[interpreter]\npython = \"./evil\"\n").unwrap();
        assert!(python.interpreter.python.as_os_str().is_empty());
    }
}
