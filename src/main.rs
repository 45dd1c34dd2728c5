//! The `loong` binary: hands the command line to the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    // First of all, before any thread: this process may have been started to confine a worker.
    #[cfg(unix)]
    loong::interpreter::confine::main_if_asked();
    loong::cli::main()
}
