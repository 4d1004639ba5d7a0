//! The program: parse the command line, run it, end with its exit code.

fn main() -> wickdesk::cli::Exit {
    wickdesk::cli::main()
}
