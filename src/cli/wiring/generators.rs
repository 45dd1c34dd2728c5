//! What a configuration's strategy works on, and the generator that it names.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::seeds;
use crate::cli::UsageError;
use crate::config::Config;
use crate::dataset::{BadRow, Datapoint, StaticDataset, domain_slug};
use crate::engine::MakeGenerator;
use crate::generator::evol_instruct::{self, EvolInstruct};
use crate::generator::few_shot::{self, FewShot};
use crate::generator::multi_agent::{self, MultiAgent};
use crate::generator::rejection::{self, Question, Rejection, Source};
use crate::generator::self_instruct::{self, SelfInstruct};
use crate::generator::template::{self, Family, Template};
use crate::generator::{Generator, command};
use crate::interpreter::Dependencies;
use crate::store::Store;
use crate::store::filter::Filter;

/// Strategies, as recipes name them.
pub(in crate::cli) const STRATEGIES: &[&str] = &[
    few_shot::STRATEGY,
    self_instruct::STRATEGY,
    evol_instruct::STRATEGY,
    multi_agent::STRATEGY,
    template::STRATEGY,
    command::STRATEGY,
    rejection::STRATEGY,
];

/// What a strategy works on.
pub(in crate::cli) struct Material {
    /// Seeds to be shown, or to be answered.
    pub(super) seeds: StaticDataset,
    /// Rows of seed files that could not be read.
    pub(super) bad: Vec<BadRow>,
    /// Questions that are there: new ones must be others.
    pub(super) known: Vec<String>,
    /// Families of templates.
    families: Vec<Family>,
    /// The seeds are taken in an order that is drawn. Runs were begun that took them as they came, and are others.
    drawn: bool,
}

impl Material {
    /// Reads what the configuration's strategy works on.
    pub(in crate::cli) fn of(config: &Config, project: &Path) -> anyhow::Result<Self> {
        let strategy = config.run.strategy.as_str();
        if !STRATEGIES.contains(&strategy) {
            let known = STRATEGIES.join(", ");
            return Err(UsageError(format!("the strategy `{strategy}` is not known; there is: {known}")).into());
        }
        let nothing = Self {
            seeds: StaticDataset::default(),
            bad: Vec::new(),
            known: Vec::new(),
            families: Vec::new(),
            drawn: false,
        };
        match strategy {
            template::STRATEGY => Ok(Self { families: families(config, project)?, ..nothing }),
            rejection::STRATEGY if config.strategy.rejection.from == Source::Store => Ok(nothing),
            _ => {
                let (seeds, bad) = seeds(project, config)?;
                let known = seeds.iter().map(|seed| seed.question.clone()).collect();
                Ok(Self { seeds, bad, known, families: Vec::new(), drawn: strategy == rejection::STRATEGY })
            }
        }
    }

    /// The same, where one seed alone may be shown.
    pub(super) fn of_plan(config: &Config, project: &Path, only: Option<&Datapoint>) -> anyhow::Result<Self> {
        let Some(only) = only else { return Self::of(config, project) };
        // The seed's own domain need not be among those that the project's runs are cut to.
        let mut config = config.clone();
        config.run.domains = Vec::new();
        let all = Self::of(&config, project)?;
        Ok(Self { seeds: std::iter::once(only.clone()).collect(), ..all })
    }

    /// Identity of what is worked on: with the recipe it is that of a run.
    pub(super) fn hash(&self) -> String {
        if self.families.is_empty() {
            let drawn = if self.drawn { " drawn" } else { "" };
            return format!("{}{drawn}", self.seeds.hash());
        }
        let ids: Vec<&str> = self.families.iter().map(|f| f.id.as_str()).collect();
        ids.join(" ")
    }

    /// The sets of packages that programs will need, as far as that is known beforehand.
    pub(in crate::cli) fn dependencies(&self) -> Vec<Dependencies> {
        let of_families = self.families.iter().map(|f| f.dependencies.clone());
        self.seeds.iter().map(Datapoint::dependencies).chain(of_families).collect()
    }

    /// The generator of a run; prompts in `project` override the embedded ones.
    pub(super) fn generator(
        &self,
        config: &Config,
        project: &Path,
        store: &Store,
        rng_seed: u64,
    ) -> anyhow::Result<Arc<dyn Generator>> {
        let (seeds, told, own) = (&self.seeds, &config.strategy, Some(project));
        let sampling = (&config.sampling.generator).into();
        let usage = |why: String| UsageError(why);
        Ok(match config.run.strategy.as_str() {
            template::STRATEGY => Arc::new(Template::new(self.families.clone(), rng_seed)),
            command::STRATEGY => Arc::new(command::Command::new(seeds, config.run.shots, rng_seed)),
            rejection::STRATEGY => {
                let questions = match config.strategy.rejection.from {
                    Source::Seeds => {
                        // In an order drawn by the run: a short one is no selection of the files' beginnings.
                        seeds.sample(seeds.len(), rng_seed, 0).into_iter().map(Question::from).collect()
                    }
                    Source::Store => stored(config, store)?,
                };
                Arc::new(Rejection::new(questions, config.strategy.rejection.execute))
            }
            self_instruct::STRATEGY => {
                let prompts = SelfInstruct::prompts(own)?;
                Arc::new(SelfInstruct::new(seeds, &told.self_instruct, rng_seed, sampling, prompts).map_err(usage)?)
            }
            evol_instruct::STRATEGY => {
                let prompts = EvolInstruct::prompts(own)?;
                Arc::new(EvolInstruct::new(seeds, &told.evol_instruct, rng_seed, sampling, prompts).map_err(usage)?)
            }
            multi_agent::STRATEGY => {
                let prompts = MultiAgent::prompts(own)?;
                Arc::new(MultiAgent::new(seeds, &told.multi_agent, rng_seed, sampling, prompts).map_err(usage)?)
            }
            // Unknown ones were refused when the material was read.
            _ => Arc::new(FewShot::new(seeds, config.run.shots, rng_seed, sampling, FewShot::prompt(own)?)),
        })
    }
}

/// The families that a configuration names, cut to its domains.
pub(super) fn families(config: &Config, project: &Path) -> anyhow::Result<Vec<Family>> {
    let named = &config.strategy.template.families;
    let all = if named.is_empty() {
        template::bundled()
    } else {
        let paths: Vec<PathBuf> = named.iter().map(|path| project.join(path)).collect();
        template::load(&paths).map_err(|faults| {
            let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
            UsageError(told.join("\n"))
        })?
    };
    let wanted: Vec<String> = config.run.domains.iter().map(|d| domain_slug(d)).collect();
    let known: BTreeSet<String> = all.iter().map(|f| f.domain.clone()).collect();
    let kept: Vec<Family> = all.into_iter().filter(|f| wanted.is_empty() || wanted.contains(&f.domain)).collect();
    if kept.is_empty() {
        let message = if known.is_empty() {
            "[strategy.template] families names no file; `loong templates list` shows the bundled ones".to_owned()
        } else {
            format!(
                "no family has the domain {}; there is: {}",
                config.run.domains.join(", "),
                known.into_iter().collect::<Vec<_>>().join(", ")
            )
        };
        return Err(UsageError(message).into());
    }
    Ok(kept)
}

/// Candidates of the store that rejection sampling takes its questions from: never those it made itself, since they are the
/// same questions.
fn stored(config: &Config, store: &Store) -> anyhow::Result<Vec<Question>> {
    let filter = Filter::parse(&config.strategy.rejection.filter)?;
    let domains = &config.run.domains;
    let mut questions = Vec::new();
    let unread = store.reader()?.for_each(&filter, |view| {
        let r = view.current().record;
        let wanted = domains.is_empty() || domains.contains(&r.domain);
        let tolerance = r.compared().and_then(|pair| pair.tolerance);
        if let (Some(answer), true) = (r.reference, wanted && r.strategy != rejection::STRATEGY) {
            questions.push(Question {
                question: r.question,
                answer,
                code: r.code,
                domain: r.domain,
                dependencies: Dependencies::new(r.dependencies),
                seeds: r.seeds,
                family: r.family.or_else(|| Some(r.uid.clone())),
                parent: Some(r.uid),
                depth: r.depth + 1,
                tolerance,
                limits: crate::interpreter::Wanted::default(),
            });
        }
        ControlFlow::Continue(())
    })?;
    for (candidate, why) in &unread.first {
        tracing::warn!("candidate {candidate} cannot be read and is no question to answer: {why}");
    }
    if questions.is_empty() {
        let message =
            "no candidate with a reference answer fits [strategy.rejection] filter; `loong list` shows what there is";
        return Err(UsageError(message.to_owned()).into());
    }
    Ok(questions)
}

/// Makes the generators that a run is switched to: each has what the run was wired with.
pub(super) fn generators(
    config: Config,
    project: PathBuf,
    store: Store,
    rng_seed: u64,
    only: Option<Datapoint>,
) -> MakeGenerator {
    Arc::new(move |strategy| {
        if [command::STRATEGY, rejection::STRATEGY].contains(&strategy) {
            return Err(format!("`{strategy}` wants a run of its own: loong run --strategy {strategy}"));
        }
        let mut config = config.clone();
        strategy.clone_into(&mut config.run.strategy);
        // A run that was begun without a model has nobody to ask.
        if strategy != template::STRATEGY {
            config.roles().map_err(|e| e.to_string())?;
        }
        let material = Material::of_plan(&config, &project, only.as_ref());
        let made = material.and_then(|m| m.generator(&config, &project, &store, rng_seed));
        made.map_err(|e| format!("{e:#}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_one_seed_that_one_alone_is_shown_and_all_questions_are_known() {
        let bundled = StaticDataset::bundled();
        let only = bundled.iter().find(|seed| seed.domain() == "logic").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        config.run.domains = vec!["finance".to_owned()];
        let material = Material::of_plan(&config, folder.path(), Some(only)).unwrap();
        let shown: Vec<&str> = material.seeds.iter().map(|seed| seed.id.as_str()).collect();
        assert_eq!(shown, [only.id.as_str()]);
        assert_eq!(material.known.len(), bundled.len());
        let all = Material::of_plan(&config, folder.path(), None).unwrap();
        assert_ne!(all.hash(), material.hash(), "it is another run");
        assert!(all.seeds.iter().all(|seed| seed.domain() == "finance"));
    }
}
