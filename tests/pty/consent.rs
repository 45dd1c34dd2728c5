//! The question about packages that are not known: asked once, where somebody can answer.

use std::path::Path;

use crate::harness::Session;

/// A person with a project whose seeds want a package that nobody knows. Nothing is installed: the index is forbidden.
struct Person {
    home: tempfile::TempDir,
}

impl Person {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join("project")).unwrap();
        std::fs::write(home.path().join("project").join("loong.toml"), "").unwrap();
        let row = |question: &str, packages: &[&str]| {
            serde_json::json!({
                "question": question, "rationale": "print(1)", "final_answer": "1",
                "metadata": {"domain": "logic", "required_dependencies": packages},
            })
        };
        let seeds = serde_json::json!([
            row("One?", &["loong_nowhere==1.0"]),
            row("Two?", &["numpy", "loong_nowhere"]),
            row("Three?", &["numpy"])
        ]);
        std::fs::write(home.path().join("seeds.json"), seeds.to_string()).unwrap();
        Self { home }
    }

    /// What the last screen shows of `loong venvs build`, after this answer to the question if there is one.
    fn build(&self, answer: Option<&str>) -> String {
        let folders = ["CONFIG", "DATA", "STATE", "CACHE"]
            .map(|name| (format!("XDG_{name}_HOME"), self.home.path().join(name).display().to_string()));
        let all: Vec<(&str, &str)> = folders.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let (project, seeds) = (self.home.path().join("project"), self.home.path().join("seeds.json"));
        let arguments = ["-C", project.to_str().unwrap(), "venvs", "build", seeds.to_str().unwrap(), "--offline"];
        let mut session = Session::start((160, 40), Path::new(env!("CARGO_BIN_EXE_loong")), &all, &arguments);
        if let Some(answer) = answer {
            session.until("[y/N]");
            assert!(session.screen().contains("loong-nowhere  (2 seeds)"), "{}", session.screen());
            session.type_keys(answer);
        }
        assert_eq!(session.wait_exit().exit_code(), 1, "{}", session.screen());
        session.screen()
    }

    fn consent(&self) -> String {
        std::fs::read_to_string(self.home.path().join("DATA").join("loong").join("consent.toml")).unwrap_or_default()
    }
}

#[test]
fn a_no_is_asked_again_and_a_yes_is_remembered() {
    let person = Person::new();
    for answer in ["n\r", "\r"] {
        let shown = person.build(Some(answer));
        assert!(shown.contains("`loong venvs allow loong-nowhere`"), "{shown}");
        assert_eq!(person.consent(), "");
    }
    let shown = person.build(Some("y\r"));
    assert!(shown.contains("remembered") && !shown.contains("venvs allow"), "{shown}");
    assert!(person.consent().contains("loong-nowhere"), "{}", person.consent());
    let shown = person.build(None);
    assert!(!shown.contains("[y/N]") && shown.contains("is not made yet"), "{shown}");
}
