//! `huxue-node`, a school's daemon and its commands. With the system's allocator: a node serves few at a time, and mimalloc keeps what each thread once used
//! (1,500 children under the desk: 106 MB resident against 46).

use std::process::ExitCode;

fn main() -> ExitCode {
    huxue_node::cli::main()
}
