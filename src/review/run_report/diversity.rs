//! How unlike questions are: to the seeds that they were made from, and to each other.
//!
//! Measured are the questions that came through the generate stage (a refused duplicate is in no dataset). Of many, a
//! sample is: those with the smallest hash of their uid, so that the same store gives the same figures. A nearest sibling
//! of a sample is farther than one of all; figures of samples of unlike size do not compare.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Serialize;

use super::words::{Bag, Corpus, Distance, Index};
use crate::failure::Stage;
use crate::store::record::{CandidateView, Origin};

/// Questions of one strategy and domain that are measured.
const EACH: usize = 1_000;
/// Questions that are measured in all.
const ALL: usize = 20_000;

/// Mean distances over questions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Distances {
    /// Questions that have something to be compared with.
    pub questions: u64,
    /// To the nearest one: the cosine distance of TF-IDF vectors, and the share of words that only one has.
    pub nearest: Mean,
    /// To all, on average.
    pub mean: Mean,
}

/// A cosine and a lexical distance, 0 (alike) to 1 (nothing in common).
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Mean {
    /// By TF-IDF vectors.
    pub cosine: f64,
    /// By words.
    pub lexical: f64,
}

/// How diverse some questions are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Diversity {
    /// Questions that were measured.
    pub measured: u64,
    /// Questions that there are.
    pub questions: u64,
    /// To the seeds: the nearest of all, and the mean over those of the domain (over all, where it has none).
    pub seeds: Option<Distances>,
    /// To other questions of the same run, strategy and domain.
    pub siblings: Option<Distances>,
    /// Share of distinct pairs of neighbouring words among all such pairs.
    pub distinct_2: Option<f64>,
}

/// Sums of distances.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    n: u64,
    nearest: [f64; 2],
    mean: [f64; 2],
}

impl Sums {
    fn add(&mut self, nearest: Distance, mean: Distance) {
        self.n += 1;
        for (sum, d) in [(&mut self.nearest, nearest), (&mut self.mean, mean)] {
            sum[0] += d.cosine;
            sum[1] += d.lexical;
        }
    }

    fn merge(&mut self, other: &Self) {
        self.n += other.n;
        for (sum, more) in [(&mut self.nearest, other.nearest), (&mut self.mean, other.mean)] {
            sum.iter_mut().zip(more).for_each(|(a, b)| *a += b);
        }
    }

    fn told(&self) -> Option<Distances> {
        let n = self.n as f64;
        let mean = |sum: [f64; 2]| Mean { cosine: sum[0] / n, lexical: sum[1] / n };
        (self.n > 0).then(|| Distances { questions: self.n, nearest: mean(self.nearest), mean: mean(self.mean) })
    }
}

/// Strategy and domain.
type Cell = (String, String);

/// A part, how many questions it has, and those that are measured: run and number of the text.
type Numbered<'a> = (&'a Cell, u64, Vec<(Option<i64>, usize)>);

/// A question that is in the sample.
#[derive(Debug)]
struct Question {
    run: Option<i64>,
    text: String,
}

/// Questions while they are being gathered.
#[derive(Debug, Default)]
pub(super) struct Sample {
    cells: BTreeMap<Cell, (u64, BTreeMap<[u8; 16], Question>)>,
    kept: usize,
}

impl Sample {
    pub(super) fn add(&mut self, view: &CandidateView) {
        let record = &view.record;
        let refused = record.failure.as_ref().is_some_and(|f| f.stage == Stage::Generate);
        if record.origin != Origin::Loop || record.question.trim().is_empty() || refused {
            return;
        }
        let (seen, kept) = self.cells.entry((record.strategy.clone(), record.domain.clone())).or_default();
        *seen += 1;
        let mut place = [0; 16];
        place.copy_from_slice(&blake3::hash(record.uid.as_bytes()).as_bytes()[..16]);
        if kept.len() >= EACH && kept.last_key_value().is_some_and(|(last, _)| place >= *last) {
            return;
        }
        let before = kept.len();
        kept.insert(place, Question { run: record.run_id, text: record.question.clone() });
        if kept.len() > EACH {
            kept.pop_last();
        }
        self.kept = self.kept + kept.len() - before;
        if self.kept > ALL {
            self.thin();
        }
    }

    /// Takes from the largest part what is too much.
    fn thin(&mut self) {
        while self.kept > ALL {
            let Some((_, kept)) = self.cells.values_mut().max_by_key(|(_, kept)| kept.len()) else { return };
            kept.pop_last();
            self.kept -= 1;
        }
    }

    /// Measures what was gathered against the seeds (domain and question).
    pub(super) fn measure<'a>(&self, seeds: impl IntoIterator<Item = (&'a str, &'a str)>) -> Measured {
        let mut corpus = Corpus::default();
        let seeds: Vec<(String, usize)> = seeds.into_iter().map(|(d, q)| (d.to_owned(), corpus.add(q))).collect();
        let cells: Vec<Numbered<'_>> = self
            .cells
            .iter()
            .map(|(cell, (seen, kept))| {
                (cell, *seen, kept.values().map(|q| (q.run, corpus.add(&q.text))).collect::<Vec<_>>())
            })
            .collect();

        let mut index = Index::default();
        let mut of_domain: HashMap<&str, Vec<usize>> = HashMap::new();
        for (nth, (domain, text)) in seeds.iter().enumerate() {
            index.add(&corpus.bag(*text));
            of_domain.entry(domain).or_default().push(nth);
        }
        let all: Vec<usize> = (0..index.len()).collect();

        let mut measured = BTreeMap::new();
        for (cell, seen, questions) in cells {
            let mut part = Part { questions: seen, ..Part::default() };
            let own = of_domain.get(cell.1.as_str()).unwrap_or(&all);
            let mut runs: BTreeMap<Option<i64>, Vec<Bag>> = BTreeMap::new();
            for (run, text) in questions {
                let bag = corpus.bag(text);
                let distances = index.distances(&bag);
                if let Some(nearest) = nearest(distances.iter()) {
                    part.seeds.add(nearest, mean(own.iter().map(|nth| &distances[*nth])));
                }
                part.measured += 1;
                part.pairs += corpus.pairs(text).count() as u64;
                part.distinct.extend(corpus.pairs(text));
                runs.entry(run).or_default().push(bag);
            }
            for bags in runs.values().filter(|bags| bags.len() > 1) {
                let mut index = Index::default();
                for bag in bags {
                    index.add(bag);
                }
                for (own, bag) in bags.iter().enumerate() {
                    let distances = index.distances(bag);
                    let others = || distances.iter().enumerate().filter(|(nth, _)| *nth != own).map(|(_, d)| d);
                    if let Some(nearest) = nearest(others()) {
                        part.siblings.add(nearest, mean(others()));
                    }
                }
            }
            measured.insert(cell.clone(), part);
        }
        Measured(measured)
    }
}

fn nearest<'a>(distances: impl Iterator<Item = &'a Distance>) -> Option<Distance> {
    distances.copied().reduce(|a, b| Distance { cosine: a.cosine.min(b.cosine), lexical: a.lexical.min(b.lexical) })
}

fn mean<'a>(distances: impl Iterator<Item = &'a Distance>) -> Distance {
    let (mut n, mut cosine, mut lexical) = (0.0_f64, 0.0, 0.0);
    for d in distances {
        n += 1.0;
        cosine += d.cosine;
        lexical += d.lexical;
    }
    Distance { cosine: cosine / n.max(1.0), lexical: lexical / n.max(1.0) }
}

/// What was found of one strategy and domain.
#[derive(Debug, Default)]
struct Part {
    questions: u64,
    measured: u64,
    seeds: Sums,
    siblings: Sums,
    pairs: u64,
    distinct: HashSet<(u32, u32)>,
}

/// What was found, by strategy and domain.
#[derive(Debug, Default)]
pub(super) struct Measured(BTreeMap<Cell, Part>);

impl Measured {
    /// The figures of the parts that `takes` takes.
    pub(super) fn of(&self, takes: impl Fn(&str, &str) -> bool) -> Diversity {
        let mut all = Part::default();
        for part in self.0.iter().filter(|((strategy, domain), _)| takes(strategy, domain)).map(|(_, part)| part) {
            all.questions += part.questions;
            all.measured += part.measured;
            all.seeds.merge(&part.seeds);
            all.siblings.merge(&part.siblings);
            all.pairs += part.pairs;
            all.distinct.extend(&part.distinct);
        }
        Diversity {
            measured: all.measured,
            questions: all.questions,
            seeds: all.seeds.told(),
            siblings: all.siblings.told(),
            distinct_2: (all.pairs > 0).then(|| all.distinct.len() as f64 / all.pairs as f64),
        }
    }
}
