//! The `loong` binary: hands the command line to the library.

fn main() {
    #[cfg(unix)]
    loong::interpreter::confine::main_if_asked();
}
