//! The seeds a strategy draws from, by domain, and what a question made from some of them may use.

use std::collections::BTreeMap;

use serde_json::json;

use super::About;
use crate::dataset::{Datapoint, StaticDataset};
use crate::interpreter::{Dependencies, Wanted, package_name};

/// The seeds of a run.
#[derive(Debug)]
pub(super) struct Pool {
    all: StaticDataset,
    /// Sorted by domain.
    domains: Vec<DomainSeeds>,
}

/// The seeds of one domain.
#[derive(Debug)]
pub(super) struct DomainSeeds {
    pub(super) domain: String,
    pub(super) dataset: StaticDataset,
    /// What a program may use beside what the shown seeds need: a model that sees only plain programs may still write one
    /// with NumPy. It is the domain's and everywhere's together, so that slots of one domain share a venv.
    usual: Dependencies,
}

impl Pool {
    /// The pool of a dataset.
    pub(super) fn new(seeds: &StaticDataset) -> Self {
        let everywhere = most_common(seeds);
        let of_domain = |domain: &str| {
            let dataset = seeds.filter(&[domain]);
            let usual = most_common(&dataset).joined(&everywhere);
            DomainSeeds { domain: domain.to_owned(), dataset, usual }
        };
        Self { all: seeds.clone(), domains: seeds.domains().into_keys().map(of_domain).collect() }
    }

    /// The seeds of a slot's domain: round robin over the domains, so that a short run touches each. `None` where there is
    /// no seed.
    pub(super) fn of_slot(&self, ordinal: u64) -> Option<&DomainSeeds> {
        let at = ordinal.checked_rem(self.domains.len() as u64)?;
        self.domains.get(usize::try_from(at).ok()?)
    }

    /// What a slot that draws from its domain's seeds is going to be about: the first of a draw is the same however many
    /// are drawn.
    pub(super) fn about(&self, ordinal: u64, rng_seed: u64) -> About {
        let Some(seeds) = self.of_slot(ordinal) else { return About::default() };
        let first = seeds.dataset.sample(1, rng_seed, ordinal);
        About { domain: Some(seeds.domain.clone()), family: first.first().map(|s| s.id.clone()) }
    }

    /// The seed with this content id.
    pub(super) fn seed(&self, id: &str) -> Option<&Datapoint> {
        self.all.by_id(id)
    }
}

impl DomainSeeds {
    /// What programs made after these seeds may use.
    pub(super) fn packages(&self, shots: &[&Datapoint]) -> Dependencies {
        packages(shots).joined(&self.usual)
    }
}

/// A problem in the very form that is wanted back: small models imitate, and large ones see how to escape.
pub(super) fn shown(question: &str, code: &str) -> String {
    json!({"question": question, "code": code}).to_string()
}

/// What seeds ask for beyond the run's limits, all together.
pub(super) fn limits(shots: &[&Datapoint]) -> Wanted {
    shots.iter().fold(Wanted::default(), |all, seed| all.or_wider(seed.limits()))
}

/// A number from 0 to 1 that hangs on the run, the slot and what it is drawn for, and on nothing else.
pub(super) fn chance(rng_seed: u64, ordinal: u64, what: &str) -> f64 {
    let hash = blake3::hash(format!("{rng_seed}/{ordinal}/{what}").as_bytes());
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash.as_bytes()[..8]);
    // 53 bits, which an f64 holds exactly.
    (u64::from_le_bytes(bytes) >> 11) as f64 / (1_u64 << 53) as f64
}

/// The set of packages, other than none, that most seeds of a dataset need; none where all need none.
fn most_common(seeds: &StaticDataset) -> Dependencies {
    let mut counts: BTreeMap<Dependencies, usize> = BTreeMap::new();
    for seed in seeds.iter() {
        *counts.entry(seed.dependencies()).or_default() += 1;
    }
    let named = counts.into_iter().filter(|(set, _)| !set.as_slice().is_empty());
    named.max_by_key(|(_, n)| *n).map(|(set, _)| set).unwrap_or_default()
}

/// What the shown seeds need, all together. Where two pin one package differently, the seed shown first is right: a set
/// with both could not be installed.
fn packages(shots: &[&Datapoint]) -> Dependencies {
    let mut named: BTreeMap<String, String> = BTreeMap::new();
    for requirement in shots.iter().flat_map(|s| s.dependencies().as_slice().to_vec()) {
        let name = package_name(&requirement).unwrap_or_else(|| requirement.clone());
        named.entry(name).or_insert(requirement);
    }
    Dependencies::new(named.into_values())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(domain: &str, question: &str, needs: &[&str]) -> Datapoint {
        let metadata = json!({"domain": domain, "required_dependencies": needs}).as_object().cloned().unwrap();
        Datapoint::new(question, "print(1)", "1", metadata)
    }

    #[test]
    fn where_versions_are_pinned_the_seeds_that_are_shown_have_the_say() {
        let logic = |question, needs: &[&str]| seed("logic", question, needs);
        let (a, b, c) = (logic("a", &["numpy==1.0"]), logic("b", &["NumPy==2.0", "sympy"]), logic("c", &[]));
        let all: StaticDataset =
            [a.clone(), b.clone(), c.clone(), logic("d", &["NumPy==2.0", "sympy"])].into_iter().collect();
        let pool = Pool::new(&all);
        let seeds = pool.of_slot(0).unwrap();
        assert_eq!(seeds.packages(&[&a, &b]).as_slice(), ["numpy==1.0", "sympy"]);
        assert_eq!(seeds.packages(&[&a]).as_slice(), ["numpy==1.0"]);
        assert_eq!(seeds.packages(&[&c]).as_slice(), ["NumPy==2.0", "sympy"], "the usual ones");
    }

    #[test]
    fn ranges_are_joined_so_that_slots_of_a_domain_share_a_venv() {
        let (plain, rings) = (seed("chemistry", "a", &[]), seed("chemistry", "b", &["rdkit>=2023", "numpy>=1.26"]));
        let graphs = |question| seed("graphs", question, &["networkx>=3", "numpy>=1.26", "sympy"]);
        let all: StaticDataset = [plain.clone(), rings.clone(), graphs("c"), graphs("d")].into_iter().collect();
        let pool = Pool::new(&all);
        let chemistry = pool.of_slot(0).unwrap();
        let everything = ["networkx>=3", "numpy>=1.26", "rdkit>=2023", "sympy"];
        assert_eq!(chemistry.packages(&[&plain]).as_slice(), everything);
        assert_eq!(chemistry.packages(&[&rings, &plain]).as_slice(), everything);
        let graph = graphs("c");
        assert_eq!(pool.of_slot(1).unwrap().packages(&[&graph]), graph.dependencies());
    }

    #[test]
    fn chances_are_even_and_stay() {
        let all: Vec<f64> = (0..2000).map(|n| chance(7, n, "x")).collect();
        assert!(all.iter().all(|c| (0.0..1.0).contains(c)));
        let mean = all.iter().sum::<f64>() / 2000.0;
        assert!((mean - 0.5).abs() < 0.03, "{mean}");
        assert_eq!(chance(7, 3, "x").to_bits(), chance(7, 3, "x").to_bits());
        assert_ne!(chance(7, 3, "x").to_bits(), chance(7, 3, "y").to_bits());
    }
}
