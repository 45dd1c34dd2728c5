//! The interpreter: what programs do, what they may not do, and what is left of them.

#![cfg(unix)]

#[cfg(target_os = "linux")]
mod answers;
#[cfg(target_os = "linux")]
mod attempts;
#[cfg(target_os = "linux")]
mod growth;
#[cfg(target_os = "linux")]
mod held;
#[cfg(target_os = "linux")]
mod hostile;
mod jobs;
#[cfg(target_os = "linux")]
mod lifetime;
#[cfg(target_os = "linux")]
mod packages;
mod setup;
mod venvs;
