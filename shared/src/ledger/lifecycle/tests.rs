//! Lifecycles: one table of claims, and the property that order does not matter.
//!
//! Long as it is, this is one room: one small definition, and what its steps come to.

use super::*;
use crate::ledger::definition::DayUnit;
use jiff::civil::date;
use proptest::prelude::*;

/// draft → applied → (approved | rejected by the county) → closed; applied → draft reopens.
const TEXT: &str = r#"
code = "aid"
version = 1
subject = "student"
form = "records"
owner = "school"
sections = ["student_aid"]
privacy = "B"
title = { zh = "资助", en = "Aid" }
[[field]]
code = "level"
title = { zh = "等级", en = "Level" }
type = "text"
required = "step apply"
[lifecycle]
initial = "draft"
[[lifecycle.state]]
code = "draft"
title = { zh = "草稿", en = "Draft" }
due_days = 10
[[lifecycle.state]]
code = "applied"
title = { zh = "申请", en = "Applied" }
due_days = 3
due_unit = "working"
[[lifecycle.state]]
code = "approved"
title = { zh = "批准", en = "Approved" }
[[lifecycle.state]]
code = "closed"
title = { zh = "办结", en = "Closed" }
open = false
[[lifecycle.step]]
code = "apply"
title = { zh = "申请", en = "Apply" }
from = ["draft"]
to = "applied"
authority = "school"
[[lifecycle.step]]
code = "approve"
title = { zh = "批准", en = "Approve" }
from = ["applied"]
to = "approved"
authority = "county"
min_days_in_state = 5
[[lifecycle.step]]
code = "withdraw"
title = { zh = "撤回", en = "Withdraw" }
from = ["applied", "approved"]
to = "draft"
authority = "any"
reopens = true
[[lifecycle.step]]
code = "close"
title = { zh = "办结", en = "Close" }
from = ["draft", "approved"]
to = "closed"
authority = "any"
"#;

fn definition() -> Arc<Definition> {
    Arc::new(Definition::parse(TEXT).unwrap())
}

fn step(id: &str, name: &str, follows: &[&str], authority: Authority) -> StepFact {
    StepFact {
        id: id.to_owned(),
        name: name.to_owned(),
        follows: follows.iter().map(|id| (*id).to_owned()).collect(),
        version: 1,
        on: date(2026, 3, 2),
        authority,
        to: None,
        required: BTreeMap::new(),
        by: "tester".to_owned(),
        why: String::new(),
        corrects: Vec::new(),
    }
}

fn corrected(id: &str, step: &StepFact, day: i8) -> StepFact {
    StepFact { id: id.to_owned(), on: date(2026, 3, day), corrects: vec![step.id.clone()], ..step.clone() }
}

fn school(id: &str, name: &str, follows: &[&str]) -> StepFact {
    step(id, name, follows, Authority::School)
}

fn county(id: &str, name: &str, follows: &[&str]) -> StepFact {
    step(id, name, follows, Authority::County)
}

fn resolve(id: &str, follows: &[&str], to: &str, authority: Authority) -> StepFact {
    StepFact { to: Some(to.to_owned()), ..step(id, RESOLVE, follows, authority) }
}

fn judge(steps: &[StepFact]) -> Outcome {
    let known = definition();
    let holidays = Holidays::none();
    let record = RecordFacts { version: 1, on: Some(date(2026, 3, 1)), holidays: &holidays, fields: &BTreeMap::new() };
    outcome(steps, record, |version| (version == 1).then(|| known.clone()))
}

fn state(steps: &[StepFact]) -> Option<String> {
    judge(steps).state
}

#[test]
fn a_record_without_steps_is_in_its_initial_state_and_has_a_due_date() {
    let outcome = judge(&[]);
    assert_eq!(outcome.state.as_deref(), Some("draft"));
    assert_eq!(outcome.since, Some(date(2026, 3, 1)));
    assert_eq!(outcome.due, Some(date(2026, 3, 11)));
}

#[test]
fn steps_lead_from_state_to_state_and_due_dates_count_working_days() {
    let friday = StepFact { on: date(2026, 3, 6), ..school("a", "apply", &[]) };
    let outcome = judge(&[friday]);
    assert_eq!(outcome.state.as_deref(), Some("applied"));
    assert_eq!(outcome.due, Some(date(2026, 3, 11)));
    assert_eq!(outcome.tips, vec!["a"]);
}

#[test]
fn a_step_without_authority_is_void_and_so_is_what_follows_it() {
    let steps = [school("a", "apply", &[]), school("b", "approve", &["a"]), school("c", "close", &["b"])];
    let outcome = judge(&steps);
    assert_eq!(outcome.state.as_deref(), Some("applied"));
    assert_eq!(outcome.effects["b"], Effect::Void(VoidReason::Authority));
    assert_eq!(outcome.effects["c"], Effect::Void(VoidReason::FollowsVoid));
    assert_eq!(outcome.tips, vec!["a"]);
}

#[test]
fn a_step_taken_again_after_a_void_one_counts() {
    let steps = [school("a", "apply", &[]), school("b", "approve", &["a"]), county("c", "approve", &["a"]), county("d", "close", &["c"])];
    assert_eq!(state(&steps).as_deref(), Some("closed"));
}

#[test]
fn a_step_of_an_unknown_version_waits_and_its_followers_are_void() {
    let steps = [school("a", "apply", &[]), StepFact { version: 2, ..county("b", "approve", &["a"]) }, county("c", "close", &["b"])];
    let outcome = judge(&steps);
    assert_eq!(outcome.state.as_deref(), Some("applied"));
    assert_eq!(outcome.effects["b"], Effect::NotYetJudged);
    assert_eq!(outcome.effects["c"], Effect::Void(VoidReason::FollowsUnjudged));
}

#[test]
fn a_step_from_another_state_is_void() {
    let outcome = judge(&[county("a", "approve", &[])]);
    assert_eq!(outcome.effects["a"], Effect::Void(VoidReason::WrongState));
    assert_eq!(judge(&[school("a", "fly", &[])]).effects["a"], Effect::Void(VoidReason::UnknownStep));
}

#[test]
fn two_who_say_the_same_are_two_witnesses() {
    let later = StepFact { on: date(2026, 3, 4), ..school("a", "apply", &[]) };
    let steps = [later, school("b", "apply", &[]), county("c", "approve", &["b"])];
    let outcome = judge(&steps);
    assert_eq!(outcome.state.as_deref(), Some("approved"));
    assert_eq!(outcome.effects["a"], Effect::Effective);
    assert_eq!(outcome.effects["b"], Effect::Witness("a".to_owned()));
    assert_eq!(judge(&steps[..2]).since, Some(date(2026, 3, 2)), "the earlier day counts");
    assert_eq!(judge(&steps[..2]).tips, vec!["a"]);
}

#[test]
fn a_corrected_day_stands_in_place_of_the_wrong_one_also_once_the_way_went_on() {
    let apply = school("a", "apply", &[]);
    let steps = [apply.clone(), county("b", "approve", &["a"]), corrected("c", &apply, 6)];
    let outcome = judge(&steps);
    assert_eq!(outcome.state.as_deref(), Some("approved"));
    assert_eq!(outcome.effects["a"], Effect::Corrected("c".to_owned()));
    assert_eq!(outcome.effects["c"], Effect::Effective);
    assert_eq!(outcome.places, BTreeMap::from([("a".to_owned(), 0), ("c".to_owned(), 0), ("b".to_owned(), 1)]));
    let before = judge(&[apply.clone(), corrected("c", &apply, 6)]);
    assert_eq!((before.since, before.due), (Some(date(2026, 3, 6)), judge(&[StepFact { on: date(2026, 3, 6), ..apply.clone() }]).due));
    let again = corrected("d", &corrected("c", &apply, 6), 4);
    let twice = judge(&[apply.clone(), corrected("c", &apply, 6), StepFact { corrects: vec!["a".to_owned(), "c".to_owned()], ..again }]);
    assert_eq!((twice.since, &twice.effects["c"]), (Some(date(2026, 3, 4)), &Effect::Corrected("d".to_owned())));
}

#[test]
fn a_side_corrects_its_own_days_and_the_county_any() {
    let (apply, approve) = (school("a", "apply", &[]), county("b", "approve", &["a"]));
    let by_school = StepFact { authority: Authority::School, ..corrected("c", &approve, 6) };
    let outcome = judge(&[apply.clone(), approve.clone(), by_school]);
    assert_eq!((outcome.since, &outcome.effects["c"]), (Some(date(2026, 3, 2)), &Effect::Void(VoidReason::Authority)));
    // A step that either side may take: the county's day is not the school's to change.
    let close = county("b", "close", &[]);
    let outcome = judge(&[close.clone(), StepFact { authority: Authority::School, ..corrected("c", &close, 6) }]);
    assert_eq!((outcome.since, &outcome.effects["c"]), (Some(date(2026, 3, 2)), &Effect::Witness("b".to_owned())));
    let close = school("b", "close", &[]);
    let outcome = judge(&[close.clone(), StepFact { authority: Authority::County, ..corrected("c", &close, 6) }]);
    assert_eq!(outcome.since, Some(date(2026, 3, 6)));
}

#[test]
fn who_corrects_each_other_leaves_every_day_standing() {
    let apply = school("a", "apply", &[]);
    let outcome = judge(&[StepFact { corrects: vec!["c".to_owned()], ..apply.clone() }, corrected("c", &apply, 6)]);
    assert_eq!((outcome.since, &outcome.effects["a"]), (Some(date(2026, 3, 2)), &Effect::Effective));
}

#[test]
fn the_same_step_with_other_values_is_a_fork() {
    let with = |id: &str, level: &str| StepFact {
        required: BTreeMap::from([("level".to_owned(), Value::Str(level.to_owned())), ("noise".to_owned(), Value::Str(id.to_owned()))]),
        ..school(id, "apply", &[])
    };
    assert_eq!(state(&[with("a", "hard"), with("b", "hard")]).as_deref(), Some("applied"), "values that are not required do not count");
    let outcome = judge(&[with("a", "hard"), with("b", "special")]);
    assert_eq!(outcome.state, None);
    assert_eq!(outcome.effects["a"], Effect::Forked);
    assert!(!outcome.fork.unwrap().county_only);
}

#[test]
fn two_different_steps_fork_and_block_everything_but_resolve() {
    let forked = [school("a", "apply", &[]), county("b", "approve", &["a"]), school("c", "withdraw", &["a"]), school("d", "close", &["b", "c"])];
    let outcome = judge(&forked);
    assert_eq!((outcome.state, outcome.since, outcome.due), (None, None, None));
    assert_eq!(outcome.tips, vec!["b", "c"]);
    assert_eq!(outcome.effects["a"], Effect::Effective);
    assert_eq!(outcome.effects["b"], Effect::Forked);
    assert_eq!(outcome.effects["d"], Effect::Void(VoidReason::FollowsFork));
    assert!(outcome.fork.unwrap().county_only);
}

#[test]
fn the_county_resolves_a_fork_with_a_county_step_and_the_losers_are_void() {
    let mut steps = vec![school("a", "apply", &[]), county("b", "approve", &["a"]), school("c", "withdraw", &["a"])];
    steps.push(resolve("d", &["b", "c"], "draft", Authority::School));
    assert_eq!(judge(&steps).effects["d"], Effect::Void(VoidReason::Authority));
    steps.push(resolve("e", &["b", "c"], "approved", Authority::County));
    let outcome = judge(&steps);
    assert_eq!(outcome.state.as_deref(), Some("approved"));
    assert_eq!(outcome.effects["c"], Effect::Void(VoidReason::Overruled));
    assert_eq!(outcome.reopened, 0, "an overruled step is not counted");
    steps.push(county("f", "close", &["e"]));
    assert_eq!(state(&steps).as_deref(), Some("closed"));
}

#[test]
fn a_school_resolves_its_own_fork_but_only_for_a_state_of_a_tip() {
    let mut steps = vec![school("a", "apply", &[]), school("b", "close", &[])];
    steps.push(resolve("c", &["a", "b"], "approved", Authority::School));
    assert_eq!(judge(&steps).effects["c"], Effect::Void(VoidReason::BadResolve));
    steps.push(resolve("d", &["a", "b"], "applied", Authority::School));
    assert_eq!(state(&steps).as_deref(), Some("applied"));
}

#[test]
fn a_third_branch_that_arrives_late_forks_again() {
    let mut steps = vec![school("a", "apply", &[]), school("b", "close", &[]), resolve("c", &["a", "b"], "applied", Authority::School)];
    steps.push(county("d", "close", &["b"]));
    assert_eq!(judge(&steps).effects["d"], Effect::Void(VoidReason::WrongState), "closed leads nowhere");
    steps.push(county("e", "approve", &["a"]));
    assert_eq!(judge(&steps).tips, vec!["c", "e"]);
    assert_eq!(state(&steps), None);
}

#[test]
fn two_resolutions_that_disagree_fork_and_can_be_resolved() {
    let mut steps = vec![school("a", "apply", &[]), school("b", "close", &[])];
    steps.push(resolve("c", &["a", "b"], "applied", Authority::School));
    steps.push(resolve("d", &["a", "b"], "closed", Authority::School));
    assert_eq!(state(&steps), None);
    steps.push(resolve("e", &["c", "d"], "closed", Authority::School));
    let outcome = judge(&steps);
    assert_eq!(outcome.state.as_deref(), Some("closed"));
    assert_eq!(outcome.effects["b"], Effect::Effective);
    assert_eq!(outcome.effects["a"], Effect::Void(VoidReason::Overruled));
}

#[test]
fn relapses_are_counted() {
    let steps = [school("a", "apply", &[]), school("b", "withdraw", &["a"]), school("c", "apply", &["b"]), school("d", "withdraw", &["c"])];
    let outcome = judge(&steps);
    assert_eq!((outcome.state.as_deref(), outcome.reopened), (Some("draft"), 2));
}

#[test]
fn steps_that_follow_each_other_or_nothing_are_void() {
    let outcome = judge(&[school("a", "apply", &["b"]), school("b", "withdraw", &["a"]), school("c", "close", &["gone"])]);
    assert!(outcome.effects.values().all(|effect| *effect == Effect::Void(VoidReason::FollowsMissing)), "{:?}", outcome.effects);
    assert_eq!(outcome.state.as_deref(), Some("draft"));
}

#[test]
fn a_flood_of_different_steps_is_bounded_and_one_of_witnesses_harmless() {
    let mut steps: Vec<StepFact> = (0..2_000).map(|n| school(&format!("{n:05}"), "apply", &[])).collect();
    steps.push(county("z", "approve", &["00000"]));
    assert_eq!(state(&steps).as_deref(), Some("approved"));
    for step in &mut steps {
        step.required.insert("level".to_owned(), Value::Str(step.id.clone()));
    }
    let outcome = judge(&steps[..2_000]);
    assert_eq!(outcome.tips.len(), STEPS_MAX);
    assert_eq!(outcome.effects.values().filter(|effect| **effect == Effect::Void(VoidReason::TooMany)).count(), 2_000 - STEPS_MAX);
}

fn ask<'a>(step: &'a str, authority: Authority, on: Date, fields: &'a BTreeMap<String, Value>, holidays: &'a Holidays) -> Request<'a> {
    Request { step, to: None, authority, on, fields, holidays }
}

#[test]
fn a_refused_step_says_what_would_be_possible() {
    let (definition, none, holidays) = (definition(), BTreeMap::new(), Holidays::none());
    let level = BTreeMap::from([("level".to_owned(), Value::Str("hard".to_owned()))]);
    let day = date(2026, 3, 3);
    let may = |steps: &[StepFact], request: Request<'_>| may_take(&judge(steps), &definition, &request).map_err(|error| error.key());
    let applied = [school("a", "apply", &[])];
    assert_eq!(may(&[], ask("apply", Authority::School, day, &none, &holidays)), Err("ledger-step-missing"));
    assert_eq!(may(&[], ask("apply", Authority::School, day, &level, &holidays)), Ok(()));
    assert_eq!(may(&[], ask("apply", Authority::County, day, &level, &holidays)), Err("ledger-step-schools"));
    assert_eq!(may(&[], ask("fly", Authority::County, day, &level, &holidays)), Err("ledger-step-no-such"));
    assert_eq!(may(&[], ask("approve", Authority::County, day, &level, &holidays)), Err("ledger-step-not-from-here"));
    assert_eq!(may(&applied, ask("approve", Authority::School, day, &level, &holidays)), Err("ledger-step-countys"));
    // Applied on Monday 2 March; five working days later is Monday 9 March.
    assert_eq!(may(&applied, ask("approve", Authority::County, date(2026, 3, 8), &level, &holidays)), Err("ledger-step-early"));
    assert_eq!(may(&applied, ask("approve", Authority::County, date(2026, 3, 9), &level, &holidays)), Ok(()));
    assert_eq!(may(&applied, ask(RESOLVE, Authority::County, day, &level, &holidays)), Err("ledger-step-not-forked"));
}

#[test]
fn a_step_of_the_other_school_is_void_where_the_record_lies_and_counts_when_the_county_writes_it_down() {
    let catalogue = crate::ledger::Catalogue::embedded();
    let transfer = Arc::clone(catalogue.latest("transfer").unwrap());
    let confirm = |id: &str, authority| StepFact { name: "confirm".into(), authority, ..school(id, "confirm", &[]) };
    let facts = RecordFacts { version: 1, on: Some(date(2026, 3, 2)), holidays: &Holidays::none(), fields: &BTreeMap::new() };
    let judge = |steps: &[StepFact]| outcome(steps, facts, |_| Some(Arc::clone(&transfer)));
    let own = judge(&[confirm("a", Authority::School)]);
    assert_eq!((own.state.as_deref(), &own.effects["a"]), (Some("asked"), &Effect::Void(VoidReason::Authority)));
    let both = judge(&[confirm("a", Authority::School), confirm("b", Authority::County)]);
    assert_eq!((both.state.as_deref(), &both.effects["b"]), (Some("confirmed"), &Effect::Effective));
    let offered = |side| {
        allowed(&judge(&[]), &transfer, side, date(2026, 3, 2), &BTreeMap::new(), &Holidays::none())
            .into_iter()
            .map(|s| s.code.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(offered(Authority::School), ["withdraw"]);
    let none = BTreeMap::new();
    let holidays = Holidays::none();
    let asked = ask("confirm", Authority::School, date(2026, 3, 2), &none, &holidays);
    assert_eq!(may_take(&judge(&[]), &transfer, &asked).unwrap_err().key(), "ledger-step-others");
}

#[test]
fn a_fork_allows_only_to_resolve_it() {
    let (definition, none, holidays) = (definition(), BTreeMap::new(), Holidays::none());
    let forked = judge(&[school("a", "apply", &[]), county("b", "approve", &["a"]), school("c", "withdraw", &["a"])]);
    let day = date(2026, 3, 30);
    assert!(allowed(&forked, &definition, Authority::County, day, &none, &holidays).is_empty());
    let asked = ask("close", Authority::County, day, &none, &holidays);
    assert_eq!(may_take(&forked, &definition, &asked).unwrap_err().key(), "ledger-step-forked");
    let choice = |to, authority| Request { to, ..ask(RESOLVE, authority, day, &none, &holidays) };
    assert_eq!(may_take(&forked, &definition, &choice(Some("draft"), Authority::County)), Ok(()));
    assert_eq!(may_take(&forked, &definition, &choice(Some("closed"), Authority::County)).unwrap_err().key(), "ledger-step-not-a-tip");
    assert_eq!(may_take(&forked, &definition, &choice(Some("draft"), Authority::School)).unwrap_err().key(), "ledger-step-countys");
}

#[test]
fn the_list_of_allowed_steps_agrees_with_the_permission() {
    let (definition, holidays) = (definition(), Holidays::none());
    let level = BTreeMap::from([("level".to_owned(), Value::Str("hard".to_owned()))]);
    for steps in [vec![], vec![school("a", "apply", &[])], vec![school("a", "close", &[])]] {
        let outcome = judge(&steps);
        for (side, day) in [(Authority::School, date(2026, 3, 3)), (Authority::County, date(2026, 3, 3)), (Authority::County, date(2026, 4, 3))] {
            let listed: Vec<&str> = allowed(&outcome, &definition, side, day, &level, &holidays).iter().map(|step| step.code.as_str()).collect();
            for step in &definition.lifecycle.as_ref().unwrap().steps {
                let permitted = may_take(&outcome, &definition, &ask(&step.code, side, day, &level, &holidays)).is_ok();
                assert_eq!(permitted, listed.contains(&step.code.as_str()), "{} by {side:?} on {day}", step.code);
            }
        }
    }
    assert_eq!(DayUnit::WORDS, ["calendar", "working"]);
}

prop_compose! {
    /// Any graph: each step follows some earlier ones, so honest and hostile shapes both occur.
    fn any_step(index: usize)(
        name in prop::sample::select(vec!["apply", "approve", "withdraw", "close", RESOLVE, "fly"]),
        follows in prop::collection::btree_set(0..index.max(1) + 1, 0..3),
        authority in prop::sample::select(vec![Authority::School, Authority::County]),
        to in prop::sample::select(vec!["draft", "applied", "approved", "closed"]),
        version in 1..3u32,
        day in 1..20i8,
        level in prop::sample::select(vec!["hard", "special"]),
        corrects in prop::collection::btree_set(0..10usize, 0..2),
    ) -> StepFact {
        let follows: Vec<String> = follows.into_iter().map(|n| format!("s{n}")).collect();
        let version = if version == 2 && day % 5 != 0 { 1 } else { version };
        StepFact {
            id: format!("s{index}"),
            name: name.to_owned(),
            follows,
            version,
            on: date(2026, 3, day),
            authority,
            to: Some(to.to_owned()),
            required: BTreeMap::from([("level".to_owned(), Value::Str(level.to_owned()))]),
            by: String::new(),
            why: String::new(),
            corrects: corrects.into_iter().map(|n| format!("s{n}")).collect(),
        }
    }
}

fn any_steps() -> impl Strategy<Value = Vec<StepFact>> {
    (0..10usize).prop_flat_map(|count| (0..count).map(any_step).collect::<Vec<_>>())
}

proptest! {
    #[test]
    fn the_outcome_does_not_depend_on_the_order_of_the_steps(
        (steps, shuffled) in any_steps().prop_flat_map(|steps| (Just(steps.clone()), Just(steps).prop_shuffle()))
    ) {
        prop_assert_eq!(judge(&steps), judge(&shuffled));
    }

    #[test]
    fn another_step_never_makes_one_that_counted_invalid(steps in any_steps()) {
        // Only a fork, a resolution or a witness with a lesser id changes what an earlier step amounts to.
        let Some((_, before)) = steps.split_last() else { return Ok(()) };
        let before: Vec<StepFact> = before.iter().filter(|step| !step.follows.contains(&format!("s{}", steps.len() - 1))).cloned().collect();
        let mut after = before.clone();
        after.extend(steps.last().cloned());
        let (before, after) = (judge(&before), judge(&after));
        for (id, effect) in &before.effects {
            if matches!(effect, Effect::Effective | Effect::Forked | Effect::Witness(_) | Effect::Corrected(_)) {
                let now = &after.effects[id];
                let counts = matches!(now, Effect::Effective | Effect::Forked | Effect::Witness(_) | Effect::Corrected(_));
                let valid = counts || matches!(now, Effect::Void(VoidReason::Overruled));
                prop_assert!(valid, "{} was {:?}, is {:?}", id, effect, now);
            }
        }
        prop_assert_eq!(after.state.is_none(), after.fork.is_some());
    }

    #[test]
    fn an_allowed_step_that_follows_the_tips_counts(steps in any_steps(), index in 0..8usize) {
        let definition = definition();
        let outcome = judge(&steps);
        let holidays = Holidays::none();
        for side in [Authority::School, Authority::County] {
            let allowed = allowed(&outcome, &definition, side, date(2027, 1, 1), &BTreeMap::new(), &holidays);
            let Some(next) = allowed.get(index % allowed.len().max(1)) else { continue };
            let mut after = steps.clone();
            after.push(StepFact { follows: outcome.tips.clone(), ..step("z", &next.code, &[], side) });
            let judged = judge(&after);
            prop_assert_eq!(judged.state.as_deref(), Some(next.to.as_str()));
            prop_assert_eq!(&judged.effects["z"], &Effect::Effective);
        }
    }

    #[test]
    fn any_fork_can_be_resolved_by_the_county(steps in any_steps()) {
        let outcome = judge(&steps);
        if let Some(fork) = &outcome.fork {
            let to = &fork.tips[0].state;
            let mut after = steps.clone();
            let follows: Vec<&str> = outcome.tips.iter().map(String::as_str).collect();
            after.push(resolve("z", &follows, to, Authority::County));
            let judged = judge(&after);
            prop_assert_eq!(judged.state.as_ref(), Some(to));
            prop_assert!(judged.fork.is_none());
        }
    }
}

/// An application as far as its second notice: put on notice, objected to, put on notice again.
fn on_notice() -> Vec<StepFact> {
    let mut steps: Vec<StepFact> = Vec::new();
    for (id, name) in [("a", "apply"), ("b", "verify"), ("c", "assess"), ("d", "publish"), ("e", "object"), ("f", "resume")] {
        let follows: Vec<&str> = steps.last().map(|step| step.id.as_str()).into_iter().collect();
        let taken = StepFact { on: date(2026, 9, 28), ..school(id, name, &follows) };
        steps.push(taken);
    }
    steps
}

fn application(steps: &[StepFact], fields: &BTreeMap<String, Value>) -> Outcome {
    let definition = Arc::clone(crate::ledger::Catalogue::embedded().latest("aid_application").unwrap());
    let facts = RecordFacts { version: 1, on: Some(date(2026, 9, 1)), holidays: &Holidays::none(), fields };
    outcome(steps, facts, |_| Some(Arc::clone(&definition)))
}

#[test]
fn what_waits_for_a_notice_is_due_after_its_end_and_never_before_the_first_day_it_may_be_done() {
    let day = |text: &str| Value::Str(text.to_owned());
    let dates = [("notice_school_until", "2026-10-09"), ("notice_village_until", "2026-10-08")];
    let fields = dates.map(|(field, text)| (field.to_owned(), day(text))).into();
    // The notice ends on Friday 9 October; five working days later is Friday 16 October.
    assert_eq!(application(&on_notice(), &fields).due, Some(date(2026, 10, 16)));
    assert_eq!(application(&on_notice(), &BTreeMap::new()).due, Some(date(2026, 10, 5)), "without days it counts from the step");
    assert_eq!(application(&on_notice()[..2], &fields).due, Some(date(2026, 10, 12)), "another state does not ask for them");
}

#[test]
fn a_step_asks_anew_once_the_record_has_been_where_it_leads() {
    let definition = Arc::clone(crate::ledger::Catalogue::embedded().latest("aid_application").unwrap());
    let steps = on_notice();
    let anew = |taken: usize, step: &str| {
        application(&steps[..taken], &BTreeMap::new()).anew(definition.lifecycle.as_ref().unwrap().step(step).unwrap()).len()
    };
    assert_eq!((anew(3, "publish"), anew(4, "object"), anew(5, "resume"), anew(6, "object")), (0, 0, 6, 3));
}
