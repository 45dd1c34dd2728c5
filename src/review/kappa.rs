//! Agreement between people beyond what chance would give: Cohen's κ of two, Fleiss' κ of any number, each with its
//! standard error and 95 % interval.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::proportion::Z;
use crate::store::plan::Word;
use crate::store::record::Judgement;

/// A κ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Kappa {
    /// The estimate; `None` where all said one and the same of everything, so that chance explains it all.
    pub estimate: Option<f64>,
    /// Its standard error.
    pub standard_error: f64,
    /// Lower end of the interval, not below −1.
    pub low: f64,
    /// Upper end of the interval, not above 1.
    pub high: f64,
    /// The share of agreeing pairs of words, not corrected for chance.
    pub agreement: f64,
    /// Items that it rests on.
    pub n: u64,
}

impl Kappa {
    fn new(estimate: f64, variance: f64, agreement: f64, n: u64) -> Self {
        let standard_error = variance.max(0.0).sqrt();
        Self {
            estimate: Some(estimate),
            standard_error,
            low: (estimate - Z * standard_error).max(-1.0),
            high: (estimate + Z * standard_error).min(1.0),
            agreement,
            n,
        }
    }

    fn unknown(agreement: f64, n: u64) -> Self {
        Self { estimate: None, standard_error: 0.0, low: -1.0, high: 1.0, agreement, n }
    }
}

/// Cohen's κ of a square table: rows are what the first said, columns what the second said. The standard error is that of
/// J. L. Fleiss, J. Cohen and B. S. Everitt, Psychological Bulletin 72, 1969, for κ that need not be 0. `None` for a table
/// that is not square, or empty.
pub fn cohen(table: &[Vec<u64>]) -> Option<Kappa> {
    let size = table.len();
    if table.iter().any(|row| row.len() != size) {
        return None;
    }
    let total: u64 = table.iter().flatten().sum();
    if total == 0 {
        return None;
    }
    let n = total as f64;
    let p = |i: usize, j: usize| table[i][j] as f64 / n;
    let rows: Vec<f64> = (0..size).map(|i| (0..size).map(|j| p(i, j)).sum()).collect();
    let columns: Vec<f64> = (0..size).map(|j| (0..size).map(|i| p(i, j)).sum()).collect();
    let agree: f64 = (0..size).map(|i| p(i, i)).sum();
    let chance: f64 = rows.iter().zip(&columns).map(|(r, c)| r * c).sum();
    if 1.0 - chance < 1e-12 {
        return Some(Kappa::unknown(agree, total));
    }
    let kappa = (agree - chance) / (1.0 - chance);
    let mut on = 0.0;
    let mut off = 0.0;
    for i in 0..size {
        for j in 0..size {
            if i == j {
                on += p(i, i) * (1.0 - (rows[i] + columns[i]) * (1.0 - kappa)).powi(2);
            } else {
                off += p(i, j) * (columns[i] + rows[j]).powi(2);
            }
        }
    }
    let less = (kappa - chance * (1.0 - kappa)).powi(2);
    let variance = (on + (1.0 - kappa).powi(2) * off - less) / ((1.0 - chance).powi(2) * n);
    Some(Kappa::new(kappa, variance, agree, total))
}

/// Fleiss' κ (J. L. Fleiss, Psychological Bulletin 76, 1971): rows are items, columns how many said each word of it. Items
/// may have unlike numbers of words; one with a single word tells of the words' frequency alone. The standard error is
/// K. L. Gwet's (Educational and Psychological Measurement 81, 2021), for κ that need not be 0. `None` where no item has
/// two words.
pub fn fleiss(items: &[Vec<u64>]) -> Option<Kappa> {
    let words = items.first()?.len();
    let told: Vec<&Vec<u64>> =
        items.iter().filter(|item| item.len() == words && item.iter().sum::<u64>() > 0).collect();
    let count = |item: &Vec<u64>| item.iter().sum::<u64>() as f64;
    let paired = told.iter().filter(|item| count(item) > 1.0).count();
    if paired == 0 {
        return None;
    }
    let (all, paired_n) = (told.len() as f64, paired as f64);
    let shares: Vec<f64> =
        (0..words).map(|k| told.iter().map(|item| item[k] as f64 / count(item)).sum::<f64>() / all).collect();
    let chance: f64 = shares.iter().map(|s| s * s).sum();
    let agreement = |item: &Vec<u64>| {
        let r = count(item);
        if r > 1.0 { item.iter().map(|k| *k as f64 * (*k as f64 - 1.0)).sum::<f64>() / (r * (r - 1.0)) } else { 0.0 }
    };
    let agree = told.iter().map(|item| agreement(item)).sum::<f64>() / paired_n;
    if 1.0 - chance < 1e-12 {
        return Some(Kappa::unknown(agree, paired as u64));
    }
    let kappa = (agree - chance) / (1.0 - chance);
    let squares: f64 = told
        .iter()
        .map(|item| {
            let scale = if count(item) > 1.0 { all / paired_n } else { 0.0 };
            let by_item = scale * (agreement(item) - chance * f64::from(u8::from(count(item) > 1.0))) / (1.0 - chance);
            let expected: f64 = item.iter().zip(&shares).map(|(k, s)| *k as f64 / count(item) * s).sum();
            (by_item - 2.0 * (1.0 - kappa) * (expected - chance) / (1.0 - chance) - kappa).powi(2)
        })
        .sum();
    let variance = if all > 1.0 { squares / (all * (all - 1.0)) } else { 0.0 };
    Some(Kappa::new(kappa, variance, agree, paired as u64))
}

/// Agreement of two reviewers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Two {
    /// Who.
    pub reviewers: [String; 2],
    /// Cohen's κ over the pairs that both judged and could tell.
    pub kappa: Kappa,
}

/// How far people agree.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct People {
    /// Those who judged, in order.
    pub reviewers: Vec<String>,
    /// Each two that judged some pairs in common, in order.
    pub cohen: Vec<Two>,
    /// Fleiss' κ over all pairs that two or more judged; `None` where there is none.
    pub fleiss: Option<Kappa>,
}

impl People {
    /// Agreement in these words; who could not tell is left out.
    pub fn of(words: &[Word]) -> Self {
        let mut pairs: BTreeMap<(i64, u32), BTreeMap<&str, usize>> = BTreeMap::new();
        let mut reviewers: BTreeSet<&str> = BTreeSet::new();
        for word in words {
            reviewers.insert(&word.reviewer);
            let said = match word.judgement {
                Judgement::Equivalent => 0,
                Judgement::Different => 1,
                Judgement::CantTell => continue,
            };
            pairs.entry((word.candidate, word.sample)).or_default().insert(&word.reviewer, said);
        }
        let mut tables: BTreeMap<(&str, &str), Vec<Vec<u64>>> = BTreeMap::new();
        let mut items = Vec::new();
        for said in pairs.values().filter(|said| said.len() > 1) {
            let mut item = vec![0; 2];
            for (nth, (first, a)) in said.iter().enumerate() {
                item[*a] += 1;
                for (second, b) in said.iter().skip(nth + 1) {
                    tables.entry((first, second)).or_insert_with(|| vec![vec![0; 2]; 2])[*a][*b] += 1;
                }
            }
            items.push(item);
        }
        let two = |((a, b), table): ((&str, &str), Vec<Vec<u64>>)| {
            Some(Two { reviewers: [a.to_owned(), b.to_owned()], kappa: cohen(&table)? })
        };
        Self {
            reviewers: reviewers.into_iter().map(str::to_owned).collect(),
            cohen: tables.into_iter().filter_map(two).collect(),
            fleiss: fleiss(&items),
        }
    }
}
