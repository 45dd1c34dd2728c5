//! What is typed, pasted and resized arrives.

use std::thread;
use std::time::Duration;

use crate::child::{ARGUMENTS, SIZE, myself, start};
use crate::harness::Session;

#[test]
fn keys_arrive_and_escape_needs_no_other() {
    let mut session = start(&[]);
    session.type_keys("\x1b");
    session.until("key Esc");
    session.type_keys("\x1b[5~ü\x1b[<0;3;4M");
    session.until("key Page Up");
    session.until("key ü");
    session.until("Down(Left)");
    session.type_keys("q");
    assert!(session.wait_exit().success());
}

#[test]
fn keys_that_come_together_all_arrive() {
    let mut session = start(&[]);
    // More than one read takes, then silence: none may wait for the next key.
    session.type_keys("j".repeat(3000));
    session.until("keys 3000");
    session.type_keys("q");
    assert!(session.wait_exit().success());
}

#[test]
fn ten_megabytes_are_one_paste() {
    let mut session = start(&[]);
    session.type_keys("\x1b[200~");
    let part = "0123456789abcdef".repeat(1 << 12);
    for _ in 0..160 {
        session.type_keys(&part);
    }
    session.type_keys("\x1b[201~j");
    session.until("paste 10485760");
    session.until("key j");
    session.type_keys("q");
    assert!(session.wait_exit().success());
}

#[test]
fn the_last_of_many_sizes_counts_and_each_is_told_once() {
    let mut session = start(&[]);
    for n in 0..200_u16 {
        session.resize((60 + n % 50, 20 + n % 23));
    }
    session.resize((117, 41));
    session.until("size 117x41");
    let shown = session.screen();
    let sizes: Vec<&str> = shown.lines().filter(|line| line.starts_with("size ")).collect();
    assert!(sizes.windows(2).all(|pair| pair[0] != pair[1]), "{sizes:?}");
    session.type_keys("q");
    assert!(session.wait_exit().success());
    session.assert_whole();
}

#[cfg(target_os = "linux")]
#[test]
fn nothing_wakes_an_idle_program() {
    let mut session = start(&[]);
    thread::sleep(Duration::from_millis(500));
    let woken = session.wakes_in(Duration::from_secs(3));
    // A single timer of a second would be three.
    assert!(woken <= 2, "{woken} wake-ups in 3 s");
    session.type_keys("q");
    assert!(session.wait_exit().success());
}

#[test]
fn the_background_is_asked_for_and_an_answer_not_waited_for_long() {
    let ask = || {
        let mut arguments = ARGUMENTS.to_vec();
        arguments[0] = "child::background";
        Session::start(SIZE, &myself(), &[], &arguments)
    };
    for (colours, told) in [(("1515", "fbfb"), "light: Some(true)"), (("d8d8", "1515"), "light: Some(false)")] {
        let mut session = ask();
        session.until_raw(b"\x1b]11;?");
        let (text, ground) = colours;
        let answer = |n: u8, c: &str| format!("\x1b]{n};rgb:{c}/{c}/{c}\x1b\\");
        session.type_keys(format!("{}{}\x1b[?62c", answer(10, text), answer(11, ground)));
        session.until(told);
        session.wait_exit();
        session.assert_whole();
    }
    let mut silent = ask();
    silent.until("light: None, in time: true");
    silent.wait_exit();
    silent.assert_whole();
}
