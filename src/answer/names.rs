//! Tables of names that are asked about for every word of a text: most words are in none, and are told so at once.

/// Names with what they stand for, sorted, and which lengths begin with which letter.
pub(super) struct Names<T: 'static> {
    sorted: Vec<(&'static str, T)>,
    /// For each first byte, a bit for each length below 32.
    lengths: [u32; 256],
}

impl<T: Copy> Names<T> {
    /// A table of these; of two with the same name the first counts.
    pub(super) fn new(names: impl IntoIterator<Item = (&'static str, T)>) -> Self {
        let mut sorted: Vec<(&'static str, T)> = names.into_iter().filter(|(n, _)| !n.is_empty()).collect();
        sorted.sort_by_key(|(n, _)| *n);
        sorted.dedup_by_key(|(n, _)| *n);
        let mut lengths = [0u32; 256];
        for (name, _) in &sorted {
            lengths[usize::from(name.as_bytes()[0])] |= 1 << name.len().min(31);
        }
        Self { sorted, lengths }
    }

    /// What a name stands for, with the name as the table has it.
    pub(super) fn get(&self, name: &str) -> Option<(&'static str, T)> {
        let first = usize::from(*name.as_bytes().first()?);
        if self.lengths[first] & (1 << name.len().min(31)) == 0 {
            return None;
        }
        self.sorted.binary_search_by(|(n, _)| (*n).cmp(name)).ok().map(|i| self.sorted[i])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_others_are_not() {
        let names = Names::new([("sin", 1), ("cos", 2), ("sin", 3)]);
        assert_eq!(names.get("sin"), Some(("sin", 1)));
        assert_eq!(names.get("cos"), Some(("cos", 2)));
        assert_eq!(names.get("sinh"), None);
        assert_eq!(names.get("tan"), None);
        assert_eq!(names.get(""), None);
    }
}
