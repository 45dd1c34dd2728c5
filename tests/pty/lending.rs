//! Other programs on the same terminal.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::child::start;

/// Writes a script; tells its path.
pub(crate) fn script(folder: &Path, name: &str, body: &str) -> String {
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/sh\n{body}")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// An editor that reads one key, writes it to the file, and goes once the file `closed` is there, which it removes.
fn one_key(closed: &Path) -> String {
    format!(
        "stty -icanon -echo min 1\n\
         echo editor is up\n\
         key=$(dd bs=1 count=1 2>/dev/null)\n\
         printf 'got %s' \"$key\" > \"$1\"\n\
         echo closing\n\
         while [ ! -e '{0}' ]; do sleep 0.05; done\n\
         rm '{0}'\n",
        closed.display()
    )
}

#[test]
fn keys_go_to_who_has_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let closed = folder.path().join("closed");
    let editor = script(folder.path(), "editor", &one_key(&closed));
    let temporary = folder.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    // Many times, since a reader that stops too late wins only sometimes.
    let mut session = start(&[("VISUAL", &editor), ("TMPDIR", temporary.to_str().unwrap())]);
    for round in 0..8 {
        let key = char::from(b'A' + round);
        session.type_keys("e");
        session.until("editor is up");
        assert!(!session.look(vt100::Screen::alternate_screen));
        session.type_keys(key.to_string());
        session.until("closing");
        let late = char::from(b'0' + round);
        session.type_keys(late.to_string());
        fs::write(&closed, "").unwrap();
        session.until(&format!("edited: got {key}"));
        session.until(&format!("key {late}"));
        assert!(!session.screen().contains(&format!("key {key}")), "the editor's key reached the program");
    }
    assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "nothing stays behind");
    session.type_keys("q");
    assert!(session.wait_exit().success());
    session.assert_whole();
}

#[test]
fn what_an_editor_did_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let run = |body: &str, expected: &str| {
        let editor = script(folder.path(), "an editor", body);
        let mut session = start(&[("EDITOR", &format!("'{editor}' --flag"))]);
        session.type_keys("e");
        session.until(expected);
        assert!(session.look(vt100::Screen::alternate_screen));
        session.type_keys("q");
        assert!(session.wait_exit().success());
    };
    run("exit 3\n", "ended with exit status: 3; nothing was changed");
    run("exit 0\n", "edited: unchanged");
    run("test \"$1\" = --flag && echo >> \"$2\"\n", "edited: unchanged");
    run("printf '\\377' > \"$2\"\n", "not UTF-8");
    run("mv \"$2\" \"$2~\"; echo renamed > \"$2\"; test \"$(stat -c %a \"$2~\")\" = 600\n", "edited: renamed");
    let mut session = start(&[("EDITOR", "/no/such/editor")]);
    session.type_keys("e");
    session.until("did not start");
    session.type_keys("q");
    assert!(session.wait_exit().success());
}

#[test]
fn an_interrupt_is_the_editors() {
    let folder = tempfile::tempdir().unwrap();
    let body = "trap 'echo interrupted > \"$1\"; exit 0' INT\necho editor is up\nwhile :; do sleep 0.05; done\n";
    let editor = script(folder.path(), "editor", body);
    let mut session = start(&[("EDITOR", &editor)]);
    session.type_keys("e");
    session.until("editor is up");
    session.type_keys("\x03");
    session.until("edited: interrupted");
    session.type_keys("j");
    session.until("key j");
    session.type_keys("q");
    assert!(session.wait_exit().success());
}

#[test]
fn a_pager_that_ends_early_is_no_error_and_gets_clean_text() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let body = format!("(echo \"$LESSSECURE\"; head -c 60) > '{}'\n", out.display());
    let pager = script(folder.path(), "pager", &body);
    let mut session = start(&[("PAGER", &pager)]);
    session.type_keys("l");
    session.until("paged: Ok(())");
    let got = fs::read_to_string(out).unwrap();
    assert!(got.starts_with("1\nfirst line␛]0;title␇\nanother"), "{got:?}");
    session.type_keys("q");
    assert!(session.wait_exit().success());
}

#[test]
fn copying_says_which_way_it_went() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("copied");

    let mut session = start(&[]);
    session.type_keys("y");
    session.until("6 to the terminal, certain: false");
    session.type_keys("Y");
    session.until("80000 characters are too many");
    session.type_keys("q");
    assert!(session.wait_exit().success());
    let raw = session.raw();
    let asked = b"\x1b]52;c;4omgIHRleHQ=\x07";
    assert_eq!(raw.windows(asked.len()).filter(|w| w == asked).count(), 1);

    let path = format!("{}:/usr/bin:/bin", folder.path().display());
    script(folder.path(), "tmux", &format!("[ \"$2\" = -w ] && exit 1\n(echo \"$@\"; cat) > '{}'\n", out.display()));
    let mut session = start(&[("TMUX", "/tmp/tmux-0/default,1,0"), ("PATH", &path)]);
    session.type_keys("y");
    session.until("6 to tmux's buffer, certain: true");
    assert_eq!(fs::read_to_string(&out).unwrap(), "load-buffer -\n≠ text");
    session.type_keys("q");
    assert!(session.wait_exit().success());

    script(folder.path(), "wl-copy", &format!("cat > '{}'\n(sleep 30) &\n", out.display()));
    let mut session = start(&[("WAYLAND_DISPLAY", "wayland-0"), ("PATH", &path)]);
    session.type_keys("y");
    session.until("6 to the clipboard, certain: true");
    assert_eq!(fs::read_to_string(&out).unwrap(), "≠ text");
    session.type_keys("q");
    assert!(session.wait_exit().success());
}
