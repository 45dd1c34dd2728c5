//! What of questions is compared, to find those that are the same, exactly or nearly.
//!
//! A question is the set of its pairs of adjacent words, and two with the same numbers and operators in the same order are one where their sets are alike
//! enough. What may be alike is found by `MinHash` with bands; whether it is, is then decided on the sets themselves, so
//! that the bands cost nothing in precision. Of a long question only the smallest hashes are kept, which estimate the
//! share. A question takes some 250 bytes, however long it is.

use hashbrown::HashTable;

use super::words::{hash, is_exact, words};
use crate::store::bands::OF_A_BAND;

/// The way in which sketches are made here. Stores keep bands under it, so it is another one as soon as any question has
/// another sketch.
pub const WAY: u32 = 1;

/// The usual bound of near-duplicate filters (CAMEL's self-instruct takes ROUGE-L 0.7). Word pairs do not know which word
/// matters: a question that differs from another in one telling word (*connected*, *biconnected*) may be taken for it.
pub const ALIKE: f64 = 0.7;

/// Bands of the `MinHash`, each of two hashes: of two questions with 0.7 of their pairs in common, 99 in 100 share a band,
/// and more of those that have more.
const BANDS: usize = 7;

/// Pair hashes that are kept of a question, the smallest: all of them for most.
const KEPT: usize = 64;

/// Places of a mark: what is left of 64 bits by a number up to [`KEPT`].
const PLACES: u32 = 57;

/// What of a question is compared; made apart from the questions there are, so that nobody waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sketch {
    /// The kept pair hashes, sorted.
    pairs: Box<[u32]>,
    bands: [u32; BANDS],
}

impl Sketch {
    /// The sketch of a question.
    pub fn of(question: &str) -> Self {
        let words = words(question);
        let exact: Vec<&str> = words.iter().map(String::as_str).filter(|w| is_exact(w)).collect();
        let exact = hash(&exact);
        let mut all: Vec<u64> = words.windows(2).map(hash).collect();
        if all.is_empty() {
            all.push(hash(&words));
        }
        let bands = std::array::from_fn(|band| {
            // Numbers and operators, in their order, belong to every band: questions with others never meet.
            let row = |row: u64| all.iter().map(|pair| mix(pair ^ mix(2 * band as u64 + row + 1))).min();
            let (a, b) = (row(0).unwrap_or_default(), row(1).unwrap_or_default());
            high(mix(exact ^ mix(a ^ mix(b ^ band as u64))))
        });
        let mut pairs: Vec<u32> = all.into_iter().map(high).collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs.truncate(KEPT);
        Self { pairs: pairs.into_boxed_slice(), bands }
    }

    /// What another one has in common with it, where the two may be alike.
    pub fn bands(&self) -> &[u32] {
        &self.bands
    }

    /// What tells it from most others, in 64 bits: how many pairs are kept, and of which remainders there are any.
    pub fn mark(&self) -> u64 {
        let places = self.pairs.iter().fold(0, |all, pair| all | 1_u64 << (pair % PLACES));
        (self.pairs.len() as u64) << PLACES | places
    }

    /// Whether a sketch with this mark can be alike. It never says no to one that is.
    pub fn may_be_like(&self, mark: u64, alike: f64) -> bool {
        let (a, b) = (self.pairs.len() as f64, (mark >> PLACES) as f64);
        let kept = KEPT as f64;
        // The most that can be in one of them alone. Of two that are whole, c ≥ alike · (a + b - c) are common; else at
        // least that share of the smallest that are compared.
        let alone =
            if a < kept && b < kept { (a + b) * (1.0 - alike) / (1.0 + alike) } else { a + b - 2.0 * kept * alike };
        // Each place that only one of them has is one of a pair that only one of them has.
        let differing = ((self.mark() ^ mark) & ((1 << PLACES) - 1)).count_ones();
        f64::from(differing) <= alone + 1e-6
    }

    /// Whether this share of word pairs is common to both: to be asked of two that have a band in common.
    pub fn is_like(&self, other: &Self, alike: f64) -> bool {
        are_alike(&self.pairs, &other.pairs, alike)
    }
}

/// Sketches in memory, found by their bands.
#[derive(Debug)]
pub struct Sketches {
    alike: f64,
    /// By number.
    all: Vec<Sketch>,
    /// From bands to sketches: (the band, the sketch's number).
    bands: HashTable<(u32, u32)>,
}

impl Sketches {
    /// None yet; two with this share of common word pairs are one.
    pub fn new(alike: f64) -> Self {
        Self { alike, all: Vec::new(), bands: HashTable::new() }
    }

    /// Whether the same question is there, exactly or nearly.
    pub fn has(&self, sketch: &Sketch) -> bool {
        self.find(sketch).is_some()
    }

    /// Which of them is the same question, exactly or nearly: its number in the order in which they came.
    pub fn find(&self, sketch: &Sketch) -> Option<usize> {
        sketch.bands.iter().find_map(|band| {
            let there = self.bands.iter_hash(spread(*band)).filter(|(other, _)| other == band).take(OF_A_BAND);
            there.map(|(_, number)| *number as usize).find(|number| self.all[*number].is_like(sketch, self.alike))
        })
    }

    /// Takes a sketch in.
    pub fn put(&mut self, sketch: Sketch) {
        let Ok(number) = u32::try_from(self.all.len()) else { return };
        for band in sketch.bands {
            self.bands.insert_unique(spread(band), (band, number), |(band, _)| spread(*band));
        }
        self.all.push(sketch);
    }

    /// All of them, in the order in which they came.
    pub fn into_all(self) -> Vec<Sketch> {
        self.all
    }
}

/// Whether [`jaccard`] of two sets reaches `least`, given up as soon as too many are in one of them alone.
fn are_alike(a: &[u32], b: &[u32], least: f64) -> bool {
    // Of a union of u, c = |a| + |b| - u are common, and c ≥ least · u bounds u by (|a| + |b|) / (1 + least).
    let whole = a.len() < KEPT && b.len() < KEPT;
    let union = if whole { (a.len() + b.len()) as f64 / (1.0 + least) } else { KEPT as f64 };
    let most_alone = union * (1.0 - least) + 1e-9;
    let (mut i, mut j, mut all, mut alone) = (0, 0, 0, 0_u32);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        if !whole && all == KEPT {
            break;
        }
        all += 1;
        i += usize::from(x <= y);
        j += usize::from(y <= x);
        alone += u32::from(x != y);
        if f64::from(alone) > most_alone {
            return false;
        }
    }
    jaccard(a, b) >= least
}

/// The share of common hashes among the smallest of two sorted sets together: exact where both are whole.
fn jaccard(a: &[u32], b: &[u32]) -> f64 {
    let most = if a.len() < KEPT && b.len() < KEPT { usize::MAX } else { KEPT };
    let (mut i, mut j, mut common, mut all) = (0, 0, 0_u32, 0_u32);
    while (i < a.len() || j < b.len()) && (all as usize) < most {
        all += 1;
        match (a.get(i), b.get(j)) {
            (Some(x), Some(y)) if x == y => {
                common += 1;
                i += 1;
                j += 1;
            }
            (Some(x), Some(y)) if x > y => j += 1,
            (None, _) => j += 1,
            _ => i += 1,
        }
    }
    if all == 0 { 1.0 } else { f64::from(common) / f64::from(all) }
}

/// The finaliser of `splitmix64`.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[allow(clippy::cast_possible_truncation, reason = "the upper half of 64 bits has 32")]
fn high(hash: u64) -> u32 {
    (hash >> 32) as u32
}

fn spread(band: u32) -> u64 {
    mix(u64::from(band))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn questions(texts: &[&str]) -> Sketches {
        let mut all = Sketches::new(ALIKE);
        for text in texts {
            assert!(new(&mut all, text), "{text}");
        }
        all
    }

    fn new(seen: &mut Sketches, question: &str) -> bool {
        let sketch = Sketch::of(question);
        let new = !seen.has(&sketch);
        if new {
            seen.put(sketch);
        }
        new
    }

    /// Stores keep what is made of these hashes: where one changes, [`WAY`] must.
    #[test]
    fn a_sketch_is_the_same_wherever_and_whenever_it_is_made() {
        let sketch = Sketch::of("Ｗhat is −3 + 1,000 for a graph of 7 vertices, or 求12与5?");
        let bands =
            [3_600_391_728, 1_997_714_970, 3_575_552_067, 3_280_770_312, 3_828_908_988, 3_648_647_267, 1_237_795_886];
        assert_eq!((sketch.bands, &sketch.pairs[..2]), (bands, &[221_259_291, 588_733_175][..]));
    }

    #[test]
    fn the_same_words_about_other_numbers_are_another_question() {
        let mut seen = questions(&["What is the diameter of a path graph with 12 nodes?"]);
        assert!(!new(&mut seen, "what is the diameter of a path graph with 12 nodes"));
        assert!(new(&mut seen, "What is the diameter of a path graph with 13 nodes?"));
        assert!(new(&mut seen, "How many edges does the complete graph with 12 vertices have?"));
        assert!(new(&mut seen, "Compute 3 times 5 modulo 7."));
        assert!(new(&mut seen, "Compute 3 times 57 modulo 7."));
        assert_eq!(seen.into_all().len(), 5);
    }

    #[test]
    fn another_operator_or_another_order_of_numbers_is_another_question() {
        for (a, b) in [
            ("What is 12 + 5?", "What is 12 - 5?"),
            ("What is 12 * 5?", "What is 12 / 5?"),
            ("Solve x^2-5x+6=0 over the real numbers.", "Solve x^2+5x-6=0 over the real numbers."),
            ("Is 7 < 9 true or false?", "Is 7 > 9 true or false?"),
            ("How many trailing zeros has n! for n = 30?", "How many trailing zeros has n for n = 30?"),
            (
                "A loan grows at 7 percent a year for 12 years, compounded yearly; by which factor does it grow in all?",
                "A loan grows at 12 percent a year for 7 years, compounded yearly; by which factor does it grow in all?",
            ),
        ] {
            let mut seen = questions(&[a]);
            assert!(new(&mut seen, b), "{b}");
        }
    }

    #[test]
    fn a_few_changed_words_are_no_new_question() {
        let mut seen = questions(&[
            "A farmer has 12 sheep and buys 5 more every week. How many sheep does the farmer have after 8 weeks?",
        ]);
        let again =
            "A farmer has 12 sheep and buys 5 more each week. How many sheep does the farmer have after 8 weeks?";
        assert!(!new(&mut seen, again));
        let mut strict = Sketches::new(1.0);
        assert!(new(&mut strict, "A farmer has 12 sheep and buys 5 more every week."));
        assert!(new(&mut strict, "A farmer has 12 sheep and buys 5 more each week."));
        assert!(!new(&mut strict, "A farmer has 12 sheep, and buys 5 more each week!"));
    }

    #[test]
    fn scripts_without_spaces_and_empty_text_are_questions_too() {
        let mut seen = questions(&["一个农夫有12只羊,每周再买5只。8周后有多少只?"]);
        assert!(!new(&mut seen, "一个农夫有12只羊,每周又买5只。8周后有多少只?"));
        assert!(new(&mut seen, "求12与5的最大公约数,再乘以8。"));
        assert!(new(&mut seen, ""));
        assert!(!new(&mut seen, " "));
    }

    /// Words that mean nothing, from a number.
    fn text(from: u64, words: u64) -> String {
        (0..words)
            .map(|n| {
                format!("w{}", char::from(b'a' + u8::try_from(mix(from * 1000 + n) % 26).unwrap()))
                    + &"x".repeat((mix(from * 77 + n) % 9) as usize)
            })
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn bands_find_what_comparing_with_all_would_find() {
        let mut banded = Sketches::new(ALIKE);
        let mut kept: Vec<Sketch> = Vec::new();
        let (mut same, mut missed) = (0, 0);
        for n in 0..600 {
            let base = text(n % 200, 40);
            // Versions of each text, ever more of whose words are replaced.
            let mut words: Vec<String> = base.split(' ').map(str::to_owned).collect();
            for change in 0..(n / 200) * (n % 5) {
                let at = usize::try_from(mix(n * 31 + change) % 40).unwrap();
                words[at] = format!("changed{}", char::from(b'a' + u8::try_from(change).unwrap()));
            }
            let sketch = Sketch::of(&words.join(" "));
            let all = kept.iter().any(|other| jaccard(&other.pairs, &sketch.pairs) >= ALIKE);
            let found = banded.has(&sketch);
            assert!(all || !found, "the bands found what is not there");
            same += u32::from(all);
            missed += u32::from(all && !found);
            if !found {
                banded.put(sketch.clone());
                kept.push(sketch);
            }
        }
        assert!(same > 100, "{same}");
        assert!(missed * 50 <= same, "{missed} of {same} were missed");
    }

    #[test]
    fn giving_up_early_decides_as_the_whole_share_does() {
        let texts: Vec<Sketch> = (0..120)
            .map(|n| {
                let base = text(n % 6, 20 + 15 * (n % 4));
                let mut words: Vec<&str> = base.split(' ').collect();
                words.truncate(words.len() - usize::try_from(n / 6).unwrap().min(12));
                Sketch::of(&words.join(" "))
            })
            .collect();
        let mut both = [0, 0];
        for (a, b) in texts.iter().flat_map(|a| texts.iter().map(move |b| (a, b))) {
            for least in [0.3, ALIKE, 1.0] {
                let share = jaccard(&a.pairs, &b.pairs) >= least;
                assert_eq!(are_alike(&a.pairs, &b.pairs, least), share);
                assert!(a.may_be_like(b.mark(), least) || !share);
                both[usize::from(share)] += 1;
            }
        }
        assert!(both.iter().all(|n| *n > 1000), "{both:?}");
    }

    proptest::proptest! {
        #[test]
        fn a_mark_says_no_to_none_that_is_alike(
            a in proptest::collection::btree_set(0_u32..200, 1..90),
            b in proptest::collection::btree_set(0_u32..200, 1..90),
            same in 0_u32..200,
            least in 0.0..=1.0_f64,
        ) {
            // Up to some number they have the same pairs.
            let b = b.range(same..).chain(a.range(..same)).copied().collect::<std::collections::BTreeSet<u32>>();
            let of = |set: std::collections::BTreeSet<u32>| Sketch {
                pairs: set.into_iter().take(KEPT).collect(),
                bands: [0; BANDS],
            };
            let (a, b) = (of(a), of(b));
            proptest::prop_assume!(!b.pairs.is_empty());
            proptest::prop_assert!(a.may_be_like(b.mark(), least) || jaccard(&a.pairs, &b.pairs) < least);
        }
    }

    #[test]
    fn a_mark_tells_most_apart_that_are_not_alike() {
        let texts: Vec<Sketch> = (0..60).map(|n| Sketch::of(&text(n, 20 + n % 25))).collect();
        let pairs = || texts.iter().flat_map(|a| texts.iter().map(move |b| (a, b)));
        let of = |a: &Sketch, b: &Sketch| jaccard(&a.pairs, &b.pairs) < ALIKE;
        let unlike = pairs().filter(|(a, b)| of(a, b)).count();
        let told = pairs().filter(|(a, b)| of(a, b) && !a.may_be_like(b.mark(), ALIKE)).count();
        assert!(unlike > 3000 && told * 20 > unlike * 19, "{told} of {unlike}");
    }

    #[test]
    fn of_long_questions_the_kept_hashes_estimate_the_share() {
        let long = text(5, 600);
        let half: String = format!("{} {}", &long[..long.len() / 2], text(6, 300));
        let near = long.replace("wa", "wb");
        let share = |a: &str, b: &str| jaccard(&Sketch::of(a).pairs, &Sketch::of(b).pairs);
        assert!((share(&long, &long) - 1.0).abs() < 1e-9);
        assert!(share(&long, &half) < 0.6, "{}", share(&long, &half));
        assert!(share(&long, &near) > share(&long, &half));
        assert!(Sketch::of(&long).pairs.len() <= KEPT);
    }
}
