//! The seeds that were written for this project and travel inside the binary.

/// File name and content of each bundled seed dataset, by domain.
pub(super) const FILES: [(&str, &str); 5] = [
    ("seeds/advanced_math/seed_dataset.json", include_str!("../../seeds/advanced_math/seed_dataset.json")),
    ("seeds/advanced_physics/seed_dataset.json", include_str!("../../seeds/advanced_physics/seed_dataset.json")),
    ("seeds/finance/seed_dataset.json", include_str!("../../seeds/finance/seed_dataset.json")),
    ("seeds/graph_discrete_math/seed_dataset.json", include_str!("../../seeds/graph_discrete_math/seed_dataset.json")),
    ("seeds/logic/seed_dataset.json", include_str!("../../seeds/logic/seed_dataset.json")),
];
