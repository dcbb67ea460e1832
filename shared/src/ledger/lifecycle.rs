//! The state of a record as a pure function of the steps taken.

/// The built-in step that ends a fork.
pub const RESOLVE: &str = "resolve";
