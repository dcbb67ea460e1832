//! The school's node.

pub mod import;
