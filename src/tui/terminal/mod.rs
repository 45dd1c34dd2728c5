//! interim
use crossterm::{event::*, execute, terminal::*};
use std::io;
pub struct Modes {
    pub mouse: bool,
}
pub struct Guard;
impl Guard {
    pub fn enter(m: Modes) -> io::Result<Self> {
        enable_raw_mode()?;
        execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
        if m.mouse {
            execute!(io::stdout(), EnableMouseCapture)?;
        }
        Ok(Self)
    }
    pub fn set_mouse(&mut self, _: bool) -> io::Result<()> {
        Ok(())
    }
}
impl Drop for Guard {
    fn drop(&mut self) {
        let _ = execute!(
            io::stdout(),
            DisableMouseCapture,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            crossterm::cursor::Show
        );
        let _ = disable_raw_mode();
    }
}
pub struct Input;
impl Input {
    pub fn start(f: impl Fn(crossterm::event::Event) + Send + 'static) -> io::Result<Self> {
        std::thread::spawn(move || {
            while let Ok(e) = crossterm::event::read() {
                f(e)
            }
        });
        Ok(Self)
    }
    pub fn stop(self) {}
}
pub enum Signal {
    Terminate,
    Hangup,
    Interrupt,
    Continue,
    Stop,
}
pub struct Signals;
pub fn signals(_: impl Fn(Signal) + Send + 'static) -> io::Result<Signals> {
    Ok(Signals)
}
pub fn lend<T>(_: &mut Guard, _: &Input, _: impl FnOnce() -> T) -> io::Result<T> {
    todo!()
}
pub fn suspend(_: &mut Guard, _: &Input) -> io::Result<()> {
    todo!()
}
pub fn catch_panics(_: std::path::PathBuf) {}
pub struct Edited {
    pub text: String,
}
pub fn edit(_: &str, _: &str) -> Result<Edited, String> {
    todo!()
}
pub fn page(_: &str) -> Result<(), String> {
    todo!()
}
pub struct Copied {
    pub characters: usize,
    pub way: &'static str,
    pub certain: bool,
}
pub fn copy(_: &str) -> Result<Copied, String> {
    todo!()
}
pub fn is_light(_: std::time::Duration) -> Option<bool> {
    None
}
pub fn is_terminal() -> bool {
    use std::io::IsTerminal;
    io::stdin().is_terminal() && io::stdout().is_terminal()
}
pub fn synchronised<T>(f: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
    f()
}
