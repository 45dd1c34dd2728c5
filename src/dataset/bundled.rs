//! The seeds that were written for this project and travel inside the binary.

/// File name and content of a domain's seed dataset.
macro_rules! of {
    ($domain:literal) => {
        (
            concat!("seeds/", $domain, "/seed_dataset.json"),
            include_str!(concat!("../../seeds/", $domain, "/seed_dataset.json")),
        )
    };
}

/// File name and content of each bundled seed dataset, by domain.
pub(super) const FILES: [(&str, &str); 12] = [
    of!("advanced_math"),
    of!("advanced_physics"),
    of!("chemistry"),
    of!("computational_biology"),
    of!("finance"),
    of!("games"),
    of!("graph_discrete_math"),
    of!("logic"),
    of!("mathematical_programming"),
    of!("medicine"),
    of!("programming"),
    of!("security_safety"),
];
