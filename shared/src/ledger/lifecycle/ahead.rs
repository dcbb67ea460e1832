//! The way a record usually still has before it, so that a page can draw more than the one next step. Advice, never a rule: what may be
//! taken is [`super::allowed`]'s to say.

use crate::ledger::definition::{Lifecycle, State, Step};
use std::collections::{BTreeMap, BTreeSet};

/// The states usually still to come, in order: the rest of the definition's usual way. A record beside that way joins it again by the fewest steps, as far
/// along as these lead. Empty where nothing is left to do, and where the definition tells no usual way.
#[must_use]
pub fn ahead<'a>(lifecycle: &'a Lifecycle, state: &'a str) -> Vec<&'a State> {
    if lifecycle.usual.is_empty() || !lifecycle.state(state).is_some_and(|state| state.open) {
        return Vec::new();
    }
    let way: Vec<&str> = std::iter::once(&lifecycle.initial).chain(&lifecycle.usual).map(String::as_str).collect();
    let mut codes = joining(lifecycle, state, &way);
    let joined = codes.last().copied().unwrap_or(state);
    codes.extend(way.iter().skip_while(|code| **code != joined).skip(1));
    codes.into_iter().filter_map(|code| lifecycle.state(code)).collect()
}

/// The steps a record in `state` waits for: the state's outcomes, else those that take it to the next state of its usual way ([`ahead`]), else every step that goes on
/// from there. Ways out of the usual one and what reopens a record are nobody's duty.
#[must_use]
pub fn awaited<'a>(lifecycle: &'a Lifecycle, state: &'a str) -> Vec<&'a Step> {
    let outcomes = lifecycle.state(state).map(|state| state.outcomes.as_slice()).unwrap_or_default();
    if !outcomes.is_empty() {
        return outcomes.iter().filter_map(|code| lifecycle.step(code)).collect();
    }
    let next = ahead(lifecycle, state).first().map(|next| next.code.as_str());
    let from = || lifecycle.steps.iter().filter(|step| !step.reopens && step.from.iter().any(|code| code == state));
    let usual: Vec<&Step> = from().filter(|step| Some(step.to.as_str()) == next).collect();
    if usual.is_empty() { from().collect() } else { usual }
}

/// The states that lead from `state` back onto the way, the one on it last; nothing where it is on it.
fn joining<'a>(lifecycle: &'a Lifecycle, state: &'a str, way: &[&'a str]) -> Vec<&'a str> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut rim = BTreeSet::from([state]);
    while !rim.is_empty() {
        if let Some(joined) = way.iter().rev().find(|code| rim.contains(*code)) {
            let mut path = Vec::new();
            let mut code = *joined;
            while code != state {
                path.push(code);
                let Some(before) = came_from.get(code) else { break };
                code = before;
            }
            path.reverse();
            return path;
        }
        let mut next = BTreeSet::new();
        for from in rim {
            for step in lifecycle.steps.iter().filter(|step| step.from.iter().any(|code| code == from)) {
                if step.to != state && !came_from.contains_key(step.to.as_str()) {
                    came_from.insert(&step.to, from);
                    next.insert(step.to.as_str());
                }
            }
        }
        rim = next;
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::{ahead, awaited};
    use crate::ledger::Catalogue;

    fn codes(ledger: &str, state: &str) -> Vec<String> {
        let catalogue = Catalogue::embedded();
        let definition = catalogue.latest(ledger).unwrap();
        ahead(definition.lifecycle.as_ref().unwrap(), state).into_iter().map(|state| state.code.clone()).collect()
    }

    #[test]
    fn a_new_case_has_the_whole_usual_way_before_it() {
        assert_eq!(codes("dropout_case", "suspected"), ["verifying", "confirmed", "persuading", "returned", "closed"]);
        assert_eq!(codes("aid_application", "approved"), ["allotted", "paid", "audited"]);
    }

    #[test]
    fn a_record_beside_the_way_joins_it_by_the_fewest_steps_as_far_along_as_they_lead() {
        assert_eq!(codes("dropout_case", "escalated"), ["returned", "closed"]);
        assert_eq!(codes("dropout_case", "excluded"), ["closed"]);
        assert_eq!(codes("aid_application", "objected"), ["on_notice", "reported", "approved", "allotted", "paid", "audited"]);
    }

    #[test]
    fn a_record_waits_for_the_step_of_its_usual_way_and_not_for_the_ways_out() {
        let steps = |ledger: &str, state: &str| -> Vec<String> {
            let catalogue = Catalogue::embedded();
            let definition = catalogue.latest(ledger).unwrap();
            awaited(definition.lifecycle.as_ref().unwrap(), state).into_iter().map(|step| step.code.clone()).collect()
        };
        // The county's to close, though the school could re-open it, or note that the child moved.
        for state in ["excluded", "returned", "home_taught", "transferred"] {
            assert_eq!(steps("dropout_case", state), ["close"], "{state}");
        }
        assert_eq!(steps("aid_application", "draft"), ["apply"]);
        assert_eq!(steps("aid_application", "on_notice"), ["report"]);
        assert_eq!(steps("aid_application", "allotted"), ["pay"]);
        assert_eq!(steps("monthly_report", "draft"), ["sign"]);
        assert_eq!(steps("document", "filed"), ["archive"]);
    }

    #[test]
    fn where_one_thing_or_the_other_is_found_both_are_waited_for() {
        let catalogue = Catalogue::embedded();
        let steps = |ledger: &str, state: &str| {
            let lifecycle = catalogue.latest(ledger).unwrap().lifecycle.as_ref().unwrap();
            awaited(lifecycle, state).into_iter().map(|step| step.code.as_str()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(steps("dropout_case", "verifying"), "confirm exclude");
        assert_eq!(steps("dropout_case", "persuading"), "return escalate");
        assert_eq!(steps("aid_application", "reported"), "approve reject send_back");
        assert_eq!(steps("transfer", "asked"), "confirm refuse");
    }

    #[test]
    fn what_is_closed_or_not_known_has_nothing_before_it() {
        assert!(codes("dropout_case", "closed").is_empty());
        assert!(codes("dropout_case", "a_state_of_tomorrow").is_empty());
    }
}
