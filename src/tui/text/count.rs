//! Numbers of things.

/// So many of them: `1 row`, `3 rows`.
pub fn some(n: u64, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_is_not_many() {
        assert_eq!([0, 1, 2].map(|n| super::some(n, "row")), ["0 rows", "1 row", "2 rows"]);
    }
}
