//! Bands: the eldest of each are found wherever they are kept, and they go no further than they were brought.

use loong::failure::{Failure, FailureKind, Stage};
use loong::store::bands::{Entry, NewBands, OF_A_BAND};
use loong::store::{Sink, Store};
use proptest::prelude::*;
use rusqlite::Connection;

use crate::support::{candidate, new_store, wait};

fn put(store: &Store, way: u32, after: i64, upto: i64, bands: &[(u32, u32)]) -> i64 {
    let entries = bands.iter().map(|(band, row)| Entry { band: *band, row: *row, mark: mark(*row) }).collect();
    wait(store.put_bands(NewBands { way, after, upto, entries })).unwrap()
}

/// A candidate's mark, which is the same in all its bands.
fn mark(row: u32) -> u64 {
    u64::from(row) << 33 | 5
}

fn sharing(store: &Store, bands: &[u32], before: i64) -> Vec<i64> {
    let found = wait(store.sharing(bands, before)).unwrap();
    assert!(found.iter().all(|(row, found)| *found == mark(u32::try_from(*row).unwrap())));
    found.into_iter().map(|(row, _)| row).collect()
}

#[test]
fn bands_begin_where_the_others_end() {
    let (_folder, store) = new_store();
    assert_eq!(wait(store.banded(1)).unwrap(), 0);
    assert_eq!(put(&store, 1, 0, 10, &[(5, 3), (6, 4)]), 10);
    assert_eq!(put(&store, 1, 0, 20, &[(5, 12)]), 10, "another process was first");
    assert_eq!(put(&store, 1, 11, 20, &[(5, 12)]), 10, "nothing may be left out between");
    assert_eq!(sharing(&store, &[5], i64::MAX), [3]);
    assert_eq!(put(&store, 1, 10, 20, &[(5, 12)]), 20);
    assert_eq!(sharing(&store, &[5, 6, 7], i64::MAX), [3, 4, 12]);
    assert_eq!(sharing(&store, &[5, 6, 7], 4), [3]);
    assert_eq!(wait(store.banded(1)).unwrap(), 20);
}

#[test]
fn what_was_made_in_another_way_goes() {
    let (_folder, store) = new_store();
    put(&store, 1, 0, 10, &[(5, 3)]);
    assert_eq!(wait(store.banded(2)).unwrap(), 0);
    assert_eq!(put(&store, 2, 10, 20, &[(5, 12)]), 0, "the others' rows are wanted, too");
    assert_eq!(put(&store, 2, 0, 20, &[(5, 12)]), 20);
    assert_eq!(sharing(&store, &[5], i64::MAX), [12]);
    assert_eq!(wait(store.banded(1)).unwrap(), 0);
}

#[test]
fn of_a_crowded_band_the_eldest_are_found_and_the_rest_take_no_room() {
    let (folder, store) = new_store();
    let crowd = u32::try_from(OF_A_BAND).unwrap() * 3;
    for from in (0..crowd * 4).step_by(100) {
        let some: Vec<(u32, u32)> = (from + 1..=from + 100).flat_map(|row| [(9, row), (row << 19, row)]).collect();
        put(&store, 1, from.into(), i64::from(from) + 100, &some);
    }
    let found = sharing(&store, &[9], i64::MAX);
    assert_eq!(found, (1..=i64::try_from(OF_A_BAND).unwrap()).collect::<Vec<_>>());
    let conn = Connection::open(folder.path().join("loong.db")).unwrap();
    let longest: i64 = conn.query_row("SELECT max(length(entries)) FROM band", [], |r| r.get(0)).unwrap();
    assert!(longest <= i64::try_from(OF_A_BAND).unwrap() * 16, "{longest} bytes");
}

#[test]
fn what_a_merge_puts_in_the_place_of_a_candidate_is_looked_at_again() {
    let stores = [new_store(), new_store()];
    for ((_, store), stage) in stores.iter().zip([Stage::Generate, Stage::Execute]) {
        let mut record = candidate("a", &[]);
        record.failure = Some(Failure::new(stage, FailureKind::Malformed, "no"));
        wait(store.put_candidate(record)).unwrap();
        put(store, 1, 0, 1, &[(5, 1)]);
    }
    let [(_, here), (_, there)] = &stores;
    // Which of the two stands hangs on hashes: in one of the directions something is replaced.
    for (into, from) in [(here, there), (there, here)] {
        into.merge(from, |_| std::ops::ControlFlow::Continue(())).unwrap();
    }
    let standing = |store: &Store| wait(store.questions(0)).unwrap().len();
    assert_eq!(standing(here), standing(there));
    let known = [here, there].map(|store| wait(store.banded(1)).unwrap());
    assert!(known == [0, 1] || known == [1, 0], "{known:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn what_shares_a_band_is_found_wherever_it_is_kept(
        batches in prop::collection::vec((1_i64..200_000, prop::collection::vec((0_u32..4, 0_u32..3, 0.0..1.0_f64), 0..12)), 1..6),
        wanted in prop::collection::vec((0_u32..4, 0_u32..3), 1..8),
        before in 0.0..1.2_f64,
    ) {
        let (_folder, store) = new_store();
        // A few bands in parts that lie next to each other.
        let band = |(part, low): (u32, u32)| (part << 19) | low;
        let (mut all, mut after) = (Vec::new(), 0);
        for (rows, entries) in batches {
            #[allow(clippy::cast_possible_truncation, reason = "rows of the batch")]
            let at = |share: f64| after + 1 + (share * (rows - 1) as f64) as i64;
            let some: Vec<(u32, u32)> =
                entries.iter().map(|(part, low, share)| (band((*part, *low)), u32::try_from(at(*share)).unwrap())).collect();
            prop_assert_eq!(put(&store, 7, after, after + rows, &some), after + rows);
            all.extend(some);
            after += rows;
        }
        #[allow(clippy::cast_possible_truncation, reason = "a row")]
        let before = (before * after as f64) as i64;
        let wanted: Vec<u32> = wanted.into_iter().map(band).collect();
        let mut expected: Vec<i64> =
            all.iter().filter(|(band, _)| wanted.contains(band)).map(|(_, row)| i64::from(*row)).collect();
        expected.retain(|row| *row < before);
        expected.sort_unstable();
        expected.dedup();
        prop_assert_eq!(sharing(&store, &wanted, before), expected);
    }
}
