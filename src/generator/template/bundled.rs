//! The families that were written for this project and travel inside the binary.

use super::family::Family;

/// File name and content of each bundled family.
const FILES: &[(&str, &str)] = &[
    ("seeds/templates/chinese_remainder.toml", include_str!("../../../seeds/templates/chinese_remainder.toml")),
    ("seeds/templates/definite_integral.toml", include_str!("../../../seeds/templates/definite_integral.toml")),
    ("seeds/templates/determinant.toml", include_str!("../../../seeds/templates/determinant.toml")),
    ("seeds/templates/job_assignment.toml", include_str!("../../../seeds/templates/job_assignment.toml")),
    ("seeds/templates/josephus.toml", include_str!("../../../seeds/templates/josephus.toml")),
    ("seeds/templates/knapsack.toml", include_str!("../../../seeds/templates/knapsack.toml")),
    ("seeds/templates/loan_payment.toml", include_str!("../../../seeds/templates/loan_payment.toml")),
    ("seeds/templates/maximum_flow.toml", include_str!("../../../seeds/templates/maximum_flow.toml")),
    ("seeds/templates/mixing_solutions.toml", include_str!("../../../seeds/templates/mixing_solutions.toml")),
    ("seeds/templates/projectile_range.toml", include_str!("../../../seeds/templates/projectile_range.toml")),
    ("seeds/templates/register_machine.toml", include_str!("../../../seeds/templates/register_machine.toml")),
    ("seeds/templates/rsa_decryption.toml", include_str!("../../../seeds/templates/rsa_decryption.toml")),
    ("seeds/templates/shortest_path.toml", include_str!("../../../seeds/templates/shortest_path.toml")),
    ("seeds/templates/spanning_trees.toml", include_str!("../../../seeds/templates/spanning_trees.toml")),
    ("seeds/templates/truth_assignments.toml", include_str!("../../../seeds/templates/truth_assignments.toml")),
];

/// The families that travel inside the binary, by name.
pub fn bundled() -> Vec<Family> {
    let read = |(file, text): &(&str, &str)| match Family::read(file, text) {
        Ok(family) => family,
        Err(faults) => unreachable!("the bundled families are part of the program and tested with it: {faults:?}"),
    };
    FILES.iter().map(read).collect()
}

/// The file of a bundled family.
pub fn bundled_text(name: &str) -> Option<&'static str> {
    let file = format!("seeds/templates/{name}.toml");
    FILES.iter().find(|(known, _)| *known == file).map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_many_problems_and_a_licence() {
        let families = bundled();
        assert_eq!(families.len(), FILES.len());
        let domains: std::collections::HashSet<&str> = families.iter().map(|f| f.domain.as_str()).collect();
        assert!(domains.len() >= 7, "{domains:?}");
        for family in families {
            assert_eq!(family.licence, "CC0-1.0", "{}", family.name);
            assert!(crate::dataset::DOMAINS.contains(&family.domain.as_str()), "{}", family.domain);
            assert_eq!(family.instances(42, 300).unwrap().len(), 300, "{}", family.name);
        }
        assert!(bundled_text("knapsack").is_some_and(|text| text.contains("capacity")));
    }
}
