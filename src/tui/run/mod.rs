//! stub
use super::workbench::Setting;
use std::time::Duration;
#[derive(Debug, Clone, Default)]
pub struct Board;
impl Board {
    pub fn hear(&mut self, _: &crate::engine::EngineEvent, _: Duration) {}
    pub fn hear_progress(&mut self, _: &crate::interpreter::Progress, _: Duration) {}
    pub fn begin(&mut self, _: &Setting, _: Duration) {}
    pub fn mode(&mut self, _: crate::engine::Mode, _: Duration) {}
    pub fn failed(&mut self, _: &str) {}
    pub fn over(&mut self, _: Duration) {}
    pub fn end(&self) -> Option<String> {
        None
    }
    pub fn is_active(&self) -> bool {
        false
    }
    pub fn in_flight(&self) -> u64 {
        0
    }
    pub fn made(&self) -> u64 {
        0
    }
    pub fn target(&self) -> u64 {
        0
    }
    pub fn tokens(&self) -> u64 {
        0
    }
    pub fn rate_per_minute(&self, _: Duration) -> Option<f64> {
        None
    }
    pub fn headline(&self) -> Option<String> {
        None
    }
}
pub struct Seen<'a> {
    pub board: &'a Board,
    pub totals: Option<&'a crate::store::Totals>,
    pub runs: &'a [crate::store::record::RunSummary],
    pub now: Duration,
    pub project: &'a str,
    pub theme: &'a super::theme::Theme,
    pub hint: &'a dyn Fn(super::action::Action) -> String,
    pub ascii: bool,
    pub scroll: u16,
}
pub fn draw(_: &mut ratatui::buffer::Buffer, _: ratatui::layout::Rect, _: &Seen<'_>) {}
