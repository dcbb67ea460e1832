//! The source tree, tested: import rules, file heads, forbidden words, catalogues that agree, libraries and licences.
//!
//! Pure std. Each test gathers everything wrong and names it as `path:line: why`, so that one run is enough to mend it all. What
//! breaks a rule with a reason stands in a list beside the rule, and a list entry that is no longer needed fails too.
//! The rules are written down in docs/ARCHITECTURE.md.

mod catalogues;
mod imports;
mod libraries;
mod tree;
mod words;
