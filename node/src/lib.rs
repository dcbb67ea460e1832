//! The school's node.
