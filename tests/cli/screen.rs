//! What the command line says of the screen: without a terminal, its keys, its files.

use crate::User;

#[test]
fn without_a_terminal_the_screen_says_what_works_there() {
    let user = User::new();
    user.done(&["init"]);
    for arguments in [&[][..], &["review"], &["review", "verdict:different"]] {
        let ran = user.run(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("loong run") && ran.stderr.contains("review --plain"), "{}", ran.stderr);
    }
}

#[test]
fn keys_are_told_as_they_are_here() {
    let user = User::new();
    let default = user.done(&["keys"]);
    assert!(default.contains("[review]") && default.contains("Accept it, then the next one"));
    let is_key = |line: &&str| !(line.is_empty() || line.starts_with('[') && line.ends_with(']'));
    assert_eq!(user.json(&["keys", "--json"]).len(), default.lines().filter(is_key).count());
    let lines = user.json(&["keys", "--json"]);
    for line in default.lines().filter(is_key) {
        let told = lines.iter().any(|of| {
            let text = |key: &str| of[key].as_str().unwrap();
            line.ends_with(&format!("  {}", text("does"))) && line.contains(&format!("  {}  ", text("action")))
        });
        assert!(told, "what stands beside each other runs together: {line}");
    }
    assert!(user.done(&["keys", "--markdown"]).contains("| `o e` |"));
    let folder = user.project().parent().unwrap().join("config/loong");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("keymap.toml"), "[review]\naccept = \"z\"\n").unwrap();
    let accept = |user: &User| user.json(&["keys", "--json"]).into_iter().find(|l| l["action"] == "accept").unwrap();
    assert_eq!(accept(&user)["keys"], serde_json::json!(["z"]));
    std::fs::write(folder.join("keymap.toml"), "[review]\naccpt = \"z\"\n").unwrap();
    let ran = user.run(&["keys"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("line 2, column 1") && ran.stderr.contains("`accept`"), "{}", ran.stderr);
}

#[test]
fn completions_manuals_and_schemas_are_whole() {
    let user = User::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(user.done(&["completions", shell]).contains("reverify"), "{shell}");
    }
    assert!(user.done(&["man"]).contains(".TH loong"));
    user.done(&["man", "--dir", "pages"]);
    let pages = std::fs::read_dir(user.project().join("pages")).unwrap().count();
    assert!(pages > 15, "{pages}");
    for page in ["loong.1", "loong-keys.1", "loong-seeds-check.1"] {
        let text = std::fs::read_to_string(user.project().join("pages").join(page)).unwrap();
        assert!(text.contains(".SH SYNOPSIS"), "{page}");
    }
    // Who packages the program has no home.
    for arguments in [&["completions", "bash"][..], &["man"]] {
        let mut command = user.command(arguments);
        for name in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
            command.env_remove(name);
        }
        assert!(command.output().unwrap().status.success(), "{arguments:?}");
    }
    for file in ["config", "keymap", "theme"] {
        let schema: serde_json::Value = serde_json::from_str(&user.done(&["config", "schema", file])).unwrap();
        assert_eq!(schema["additionalProperties"], false, "{file}");
        assert!(schema["properties"].as_object().is_some_and(|p| p.len() >= 3), "{file}");
    }
    // The schema knows every key that the default has.
    let schema: serde_json::Value = serde_json::from_str(&user.done(&["config", "schema"])).unwrap();
    let default: toml::Table = toml::from_str(&user.done(&["config", "default"])).unwrap();
    for section in default.keys() {
        assert!(schema["properties"].get(section).is_some(), "[{section}]");
    }
}

#[test]
fn colour_is_left_out_when_it_is_not_wanted() {
    let user = User::new();
    let printed = |arguments: &[&str]| {
        let mut command = user.command(arguments);
        command.env_remove("NO_COLOR").env_remove("CLICOLOR").env("CLICOLOR_FORCE", "1");
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    assert!(printed(&["keys", "--help"]).contains('\x1b'), "help is coloured when it must be");
    for arguments in [&["keys", "--help", "--no-color"][..], &["--no-color", "--help"], &["--no-color", "keys"]] {
        assert!(!printed(arguments).contains('\x1b'), "{arguments:?}");
    }
}
