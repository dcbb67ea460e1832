//! What of a record's money counts: what was given less what came back. One rule, named once in the definition (`[net]`), for sums, reports, papers and checks.
//!
//! Invariant: what failed without a word how much came back, came back whole. A record whose net is nothing counts nobody and nothing.

use crate::document::view::Value;
use std::collections::BTreeMap;

/// The fields the rule reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Net {
    /// Money field: what was given.
    pub of: String,
    /// Money field: what of it came back.
    pub less: String,
    /// Bool field: it failed, so all of it came back unless `less` says how much.
    pub nothing_when: Option<String>,
}

impl Net {
    /// What counts, in fen; `None` where what was given is not known.
    #[must_use]
    pub fn net(&self, fields: &BTreeMap<String, Value>) -> Option<i64> {
        Some(fen(fields, &self.of)? - self.back(fields)?)
    }

    /// What does not count, in fen.
    #[must_use]
    pub fn back(&self, fields: &BTreeMap<String, Value>) -> Option<i64> {
        let given = fen(fields, &self.of)?;
        let failed = self.nothing_when.as_ref().is_some_and(|field| fields.get(field) == Some(&Value::Bool(true)));
        Some(fen(fields, &self.less).unwrap_or(if failed { given } else { 0 }))
    }
}

fn fen(fields: &BTreeMap<String, Value>, code: &str) -> Option<i64> {
    match fields.get(code) {
        Some(Value::Int(fen)) => Some(*fen),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_back_is_taken_off_and_what_failed_without_a_word_came_back_whole() {
        let net = Net { of: "amount".into(), less: "refund".into(), nothing_when: Some("failed".into()) };
        let of = |amount: Option<i64>, refund: Option<i64>, failed: bool| {
            let money = [("amount", amount), ("refund", refund)].into_iter().filter_map(|(code, fen)| Some((code.to_owned(), Value::Int(fen?))));
            net.net(&money.chain([("failed".to_owned(), Value::Bool(failed))]).collect())
        };
        assert_eq!(of(Some(31_250), None, false), Some(31_250));
        assert_eq!(of(Some(31_250), Some(10_010), true), Some(21_240));
        assert_eq!(of(Some(31_250), Some(10_010), false), Some(21_240), "the tick was forgotten");
        assert_eq!(of(Some(31_250), None, true), Some(0));
        assert_eq!(of(None, None, true), None);
    }
}
