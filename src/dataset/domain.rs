//! The twelve domains, and how the spellings found in seed files are brought to their slugs.

/// Slugs of the domains that Project Loong has, sorted.
pub const DOMAINS: [&str; 12] = [
    "advanced_math",
    "advanced_physics",
    "chemistry",
    "computational_biology",
    "finance",
    "games",
    "graph_discrete_math",
    "logic",
    "mathematical_programming",
    "medicine",
    "programming",
    "security_safety",
];

/// Other spellings, as sets of words: a name means a domain when its words, without filler, are exactly these.
const ALIASES: &[(&str, &str)] = &[
    ("math", "advanced_math"),
    ("maths", "advanced_math"),
    ("mathematics", "advanced_math"),
    ("advanced maths", "advanced_math"),
    ("advanced mathematics", "advanced_math"),
    ("physics", "advanced_physics"),
    ("advanced chemistry", "chemistry"),
    ("biology", "computational_biology"),
    ("bioinformatics", "computational_biology"),
    ("comp bio", "computational_biology"),
    ("quant", "finance"),
    ("quantitative finance", "finance"),
    ("game", "games"),
    ("board game", "games"),
    ("board games", "games"),
    ("boardgame", "games"),
    ("graph", "graph_discrete_math"),
    ("graphs", "graph_discrete_math"),
    ("graph theory", "graph_discrete_math"),
    ("discrete math", "graph_discrete_math"),
    ("discrete mathematics", "graph_discrete_math"),
    ("graph discrete mathematics", "graph_discrete_math"),
    ("graph theory discrete math", "graph_discrete_math"),
    ("logical reasoning", "logic"),
    ("logic puzzles", "logic"),
    ("math programming", "mathematical_programming"),
    ("mathematical optimization", "mathematical_programming"),
    ("optimization", "mathematical_programming"),
    ("medical", "medicine"),
    ("code", "programming"),
    ("coding", "programming"),
    ("security", "security_safety"),
    ("safety", "security_safety"),
    ("safety security", "security_safety"),
    ("cybersecurity", "security_safety"),
];

/// Words that say nothing about which domain is meant.
const FILLER: [&str; 5] = ["loong", "and", "dataset", "seed", "seeds"];

/// The slug of a domain's name: one of [`DOMAINS`] where the name is a known spelling of it (`Loong_Graph_Discrete_Math`,
/// `Quant`, `Security & Safety`), else the name in lower case with `_` between its words. Empty when there are no words.
pub fn domain_slug(name: &str) -> String {
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    let telling: Vec<&str> = words.iter().copied().filter(|w| !FILLER.contains(w)).collect();
    let slug = telling.join("_");
    if DOMAINS.contains(&slug.as_str()) {
        return slug;
    }
    let spoken = telling.join(" ");
    match ALIASES.iter().find(|(alias, _)| *alias == spoken) {
        Some((_, slug)) => (*slug).to_owned(),
        None => words.join("_"),
    }
}

/// The domain that a file's folders name, the nearest folder first: `seeds/logic/seed_dataset.json` is `logic`.
pub(super) fn domain_of_path(file: &str) -> Option<String> {
    file.rsplit(['/', '\\']).skip(1).map(domain_slug).find(|slug| DOMAINS.contains(&slug.as_str()))
}

#[cfg(test)]
mod tests {
    use super::{ALIASES, DOMAINS, domain_of_path, domain_slug};

    #[test]
    fn spellings_in_the_wild_come_to_their_slug() {
        for (name, slug) in [
            ("Advanced Math", "advanced_math"),
            ("advanced_physics", "advanced_physics"),
            ("Loong_Graph_Discrete_Math", "graph_discrete_math"),
            ("Graph & Discrete Math", "graph_discrete_math"),
            ("graph and discrete-math", "graph_discrete_math"),
            ("Quant", "finance"),
            ("Quantitative Finance", "finance"),
            ("  Mathematical   Programming ", "mathematical_programming"),
            ("Security & Safety", "security_safety"),
            ("Board Game", "games"),
            ("Loong_Mathematics", "advanced_math"),
            ("Quantum Origami", "quantum_origami"),
            ("Fluid and Solid", "fluid_and_solid"),
            ("Géométrie", "géométrie"),
            ("", ""),
            (" – ", ""),
        ] {
            assert_eq!(domain_slug(name), slug, "{name:?}");
        }
    }

    #[test]
    fn every_alias_means_a_domain_and_every_slug_means_itself() {
        for (alias, slug) in ALIASES {
            assert!(DOMAINS.contains(slug), "{alias} means {slug}, which is no domain");
            assert_eq!(domain_slug(alias), *slug);
        }
        for slug in DOMAINS {
            assert_eq!(domain_slug(slug), slug);
        }
    }

    #[test]
    fn the_nearest_folder_that_names_a_domain_counts() {
        assert_eq!(domain_of_path("seeds/logic/seed_dataset.json").as_deref(), Some("logic"));
        assert_eq!(domain_of_path("data/physics/mine/data.json").as_deref(), Some("advanced_physics"));
        assert_eq!(domain_of_path("logic.json"), None);
        assert_eq!(domain_of_path("a/b/logic"), None);
    }
}
