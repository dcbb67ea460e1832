//! The source tree, tested: import rules, file heads, forbidden words, catalogues that agree, libraries and licences.
//!
//! Pure std. Each test gathers everything wrong and names it as `path:line: why`, so that one run is enough to mend it all. What
//! breaks a rule with a reason stands in a list beside the rule.
//! The rules are written down in docs/ARCHITECTURE.md.

#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test's helpers may fail as loudly as the test")]

mod catalogues;
mod imports;
mod libraries;
mod tree;
mod words;
