//! The `oncal` program: parse arguments, dispatch, exit code; nothing else.

fn main() -> std::process::ExitCode {
    oncal::cli::main()
}
