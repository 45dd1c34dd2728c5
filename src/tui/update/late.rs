//! Answers that come when another project is open.

use super::bulk::nothing_decided;
use crate::tui::app::App;
use crate::tui::effect::{Effect, Steer};
use crate::tui::msg::Msg;

impl App {
    /// An answer about a project that was left: nothing here changes by it. What was asked for there and did not come about
    /// is told, and so is what somebody waited for.
    pub(super) fn late(&mut self, msg: Msg) -> Vec<Effect> {
        let told = match msg {
            // Nobody could steer it from here; a later run in its own project goes on with it.
            Msg::Started(Ok(Some(control))) => return vec![Effect::Steer(control, Steer::Stop)],
            Msg::Decided(Err(e)) => Err(format!("nothing was decided: {e}")),
            Msg::DecidedAll(came) if came.first.is_none() => Err(nothing_decided(came.failed.as_ref())),
            Msg::Revised(Err(e)) => Err(format!("nothing was decided: {e}")),
            Msg::TextKept(_, Ok(file)) => Ok(format!("what was written is kept in {}", file.display())),
            Msg::Exported(Ok(Some(told))) => Ok(told),
            Msg::Imported(told) | Msg::Applied(told) => told,
            Msg::NotDrawn(e) => Err(e.to_string()),
            Msg::Exported(Err(e))
            | Msg::TextKept(_, Err(e))
            | Msg::SeedWritten { written: Err(e), .. }
            | Msg::ViewKept(_, Err(e)) => Err(e),
            _ => return Vec::new(),
        };
        let of_it = |told| format!("in the project that was left: {told}");
        self.report(told.map(of_it).map_err(of_it))
    }
}
