//! What stands between a program and this machine. `unsafe` is allowed in this folder alone, block by block.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod seccomp;

#[cfg(target_os = "linux")]
pub(super) use linux::confine;
#[cfg(target_os = "linux")]
pub(super) use seccomp::{PID_SENTINEL, program_filter};

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::{PID_SENTINEL, confine, program_filter};

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use super::super::confine::Spec;
    use crate::interpreter::Isolation;

    pub(in crate::interpreter) const PID_SENTINEL: u32 = 0;

    /// Confines this process, or says why it cannot.
    pub(in crate::interpreter) fn confine(_: &Spec) -> Result<Isolation, String> {
        Err("there is no isolation backend for this system yet".to_owned())
    }

    /// No filter: programs run only without isolation here.
    pub(in crate::interpreter) fn program_filter() -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }
}
