//! The state of a record as a pure function of the set of its steps (DESIGN §2, DOMAIN §4).
//!
//! Intuition: steps form a graph by what they follow. Concurrent steps that say the same fall together into one *node* with several witnesses.
//! A graph with one tip has a state; with several it is forked, and only [`RESOLVE`] goes on.
//!
//! Invariants: the outcome does not depend on the order of the input; whether a step counts depends only on the steps it follows and on the
//! definition of its own version, so a step that counted never stops counting because another arrived: at most it is forked or overruled.
//! A step's day is corrected by a further witness that names the one it corrects ([`StepFact::corrects`]): it says the same of the record, on another day, and stands in
//! its place. Nothing is overwritten.
//! Leaves to others: who wrote a step (the caller resolves the authority from its origin), and whether required fields were filled when it was
//! taken ([`permit`] asks before writing; a step that lies in the document counts without).

mod ahead;
mod fact;
mod graph;
pub mod permit;

pub use ahead::{ahead, awaited};
pub use fact::required_values;
pub use permit::{Request, StepError, allowed, may_take};

use super::{
    days::Holidays,
    definition::{Authority, Definition, Step},
};
use crate::document::view::Value;
use jiff::civil::Date;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The built-in step that ends a fork: follows all tips, names the state chosen.
pub const RESOLVE: &str = "resolve";
/// Different statements judged of one record; a real case has some dozens. Void steps and further witnesses cost nothing. In the order of `graph`,
/// what lies beyond is void, so whoever floods a record of their own freezes it, and it alone.
pub const STEPS_MAX: usize = 256;
/// Steps that one step may follow: every tip there can be.
pub const FOLLOWS_MAX: usize = STEPS_MAX;

/// One step as it lies in the document, its writer's authority resolved.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StepFact {
    /// Its key in the record's `_steps`.
    pub id: String,
    /// Code of the step in its definition, or [`RESOLVE`].
    pub name: String,
    /// Steps it follows: the tips its writer saw. Empty: it is taken from the initial state.
    pub follows: Vec<String>,
    /// Version of the definition that judges it.
    pub version: u32,
    /// Day it was taken.
    pub on: Date,
    /// Which side wrote it.
    pub authority: Authority,
    /// State chosen; only for [`RESOLVE`].
    pub to: Option<String>,
    /// Values of the required fields at that moment.
    pub required: BTreeMap<String, Value>,
    /// Person who took it.
    pub by: String,
    /// Reason given.
    pub why: String,
    /// Steps it stands in place of: the same step, on the day that is right.
    pub corrects: Vec<String>,
}

/// What a step amounts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It counts.
    Effective,
    /// It has no effect.
    Void(VoidReason),
    /// The definition of its version is not known here yet.
    NotYetJudged,
    /// It stands against another and waits for [`RESOLVE`].
    Forked,
    /// It says the same as this step, which counts (or is forked) in its place.
    Witness(String),
    /// Its day was corrected by this step, which counts (or is forked) in its place.
    Corrected(String),
}

impl Effect {
    /// Word in the `step` table of the projection (docs/ledger-format.md).
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Effective => "effective",
            Self::Void(_) => "void",
            Self::NotYetJudged => "not_yet_judged",
            Self::Forked => "forked",
            Self::Witness(_) => "witness",
            Self::Corrected(_) => "corrected",
        }
    }
}

super::problem::codes! {
    /// Why a step has no effect.
    VoidReason {
        /// Its writer may not take it.
        Authority = "ledger-void-authority",
        /// It follows a step without effect.
        FollowsVoid = "ledger-void-follows-void",
        /// It follows a step that cannot be judged here yet.
        FollowsUnjudged = "ledger-void-follows-unjudged",
        /// It follows a step that is not there, or itself.
        FollowsMissing = "ledger-void-follows-missing",
        /// Its definition has no such step, or no lifecycle.
        UnknownStep = "ledger-void-unknown-step",
        /// It cannot be taken from the state reached.
        WrongState = "ledger-void-wrong-state",
        /// It follows a fork without resolving it.
        FollowsFork = "ledger-void-follows-fork",
        /// It resolves what is no fork, or chooses a state that no tip has.
        BadResolve = "ledger-void-bad-resolve",
        /// A fork was resolved for the other side.
        Overruled = "ledger-void-overruled",
        /// More steps than are judged.
        TooMany = "ledger-void-too-many",
    }
}

/// One side of a fork.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tip {
    /// Steps that say this (several witnesses).
    pub ids: Vec<String>,
    /// Their code.
    pub name: String,
    /// State they lead to.
    pub state: String,
    /// Earliest day they were taken.
    pub on: Date,
}

/// Sides that await a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// At least two, by the least id of each.
    pub tips: Vec<Tip>,
    /// Who may resolve it: the county only, when a step since the fork is the county's.
    pub county_only: bool,
}

/// Where a record stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// `None` while forked, without a lifecycle, or while no version of it is known.
    pub state: Option<String>,
    /// Day the state was reached: of the step that led there, of the record before any.
    pub since: Option<Date>,
    /// Day by which the next step is due.
    pub due: Option<Date>,
    /// Effective steps marked `reopens`.
    pub reopened: u32,
    /// Steps that the next one follows, sorted: one for each side, of several witnesses the least.
    pub tips: Vec<String>,
    /// What every step amounts to.
    pub effects: BTreeMap<String, Effect>,
    /// Place of every step that was not void from the start on the way, from 0; what says the same has the same.
    pub places: BTreeMap<String, u32>,
    /// Present while forked.
    pub fork: Option<Fork>,
    /// States that steps have led to, the present one among them.
    pub been: BTreeSet<String>,
}

impl Outcome {
    /// Fields that `step` asks anew: it begins another round, and what the former one left in them is none of this one's.
    #[must_use]
    pub fn anew<'a>(&self, step: &'a Step) -> &'a [String] {
        if self.been.contains(&step.to) { &step.anew } else { &[] }
    }
}

/// What is known about a record besides its steps.
#[derive(Clone, Copy, Debug)]
pub struct RecordFacts<'a> {
    /// Version it was created under; gives the initial state while no step counts.
    pub version: u32,
    /// Its date: `since` of the initial state.
    pub on: Option<Date>,
    /// Non-working days for due dates.
    pub holidays: &'a Holidays,
    /// Its values, as far as a state counts its due day from them (`due_from`).
    pub fields: &'a BTreeMap<String, Value>,
}

/// Judges the steps of one record. `definition` gives a version of the record's ledger if it is known here.
pub fn outcome<F>(steps: &[StepFact], record: RecordFacts<'_>, definition: F) -> Outcome
where
    F: Fn(u32) -> Option<Arc<Definition>>,
{
    let graph = graph::Graph::build(steps, &definition);
    let tips = graph.tips();
    let mut outcome = Outcome {
        effects: graph.effects(&tips),
        places: graph.places(),
        tips: tips.iter().filter_map(|tip| graph.ids(*tip).into_iter().next()).collect(),
        reopened: graph.reopened(&tips),
        ..Outcome::default()
    };
    let counts = |step: &&StepFact| outcome.effects.get(&step.id) == Some(&Effect::Effective);
    outcome.been = steps.iter().filter(counts).filter_map(|step| led_to(step, &definition)).collect();
    let (version, since) = match tips.as_slice() {
        [] => {
            outcome.state = definition(record.version).and_then(|definition| definition.lifecycle.as_ref().map(|found| found.initial.clone()));
            (record.version, record.on)
        }
        [tip] => {
            outcome.state = Some(graph.state(*tip));
            let reached = graph.reached(*tip);
            (reached.0, Some(reached.1))
        }
        several => {
            outcome.fork = Some(graph.fork(several));
            return outcome;
        }
    };
    outcome.since = since;
    outcome.due = due(&outcome, definition(version).as_deref(), record);
    outcome
}

/// The state a step that counts led to.
fn led_to<F>(step: &StepFact, definition: &F) -> Option<String>
where
    F: Fn(u32) -> Option<Arc<Definition>>,
{
    match step.name.as_str() {
        RESOLVE => step.to.clone(),
        name => Some(definition(step.version)?.lifecycle.as_ref()?.step(name)?.to.clone()),
    }
}

/// So many days after the step that led here, or after the dates the state names, by the definition of that step.
fn due(outcome: &Outcome, definition: Option<&Definition>, record: RecordFacts<'_>) -> Option<Date> {
    let state = definition?.lifecycle.as_ref()?.state(outcome.state.as_deref()?)?;
    let dates = state.due_from.iter().filter_map(|field| match record.fields.get(field) {
        Some(Value::Str(text)) => text.parse::<Date>().ok(),
        _ => None,
    });
    let since = outcome.since?;
    let from = dates.fold(since, Date::max);
    record.holidays.after(from, state.due_days?, state.due_unit)
}

#[cfg(test)]
mod tests;
