//! What is embedded are folders: a file that is added or taken out makes the package anew, as one that changes does.

fn main() {
    for folder in ["ledgers", "reports", "paper", "locales", "src/web/static"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
