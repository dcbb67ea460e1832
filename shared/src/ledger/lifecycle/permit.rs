//! May this step be taken now? Asked before it is written; the answer names what is missing.

use super::{Outcome, RESOLVE};
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{
        condition::is_filled,
        days::Holidays,
        definition::{Authority, Definition, Lifecycle, Step, StepAuthority},
        notice,
        problem::{excerpt, listed},
    },
    locale::{self, Lang},
};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A step someone wants to take.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Code of the step, or [`RESOLVE`].
    pub step: &'a str,
    /// State chosen; only for [`RESOLVE`].
    pub to: Option<&'a str>,
    /// Which side wants it.
    pub authority: Authority,
    /// The day it is taken on.
    pub on: Date,
    /// The record's present values (with what is entered together with the step).
    pub fields: &'a BTreeMap<String, Value>,
    /// Non-working days.
    pub holidays: &'a Holidays,
}

/// Why a step cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StepError {
    /// The ledger has no lifecycle.
    #[error("the ledger {ledger} has no lifecycle")]
    NoLifecycle {
        /// That ledger.
        ledger: String,
    },
    /// No such step.
    #[error("no step {step}")]
    Unknown {
        /// What was asked for.
        step: String,
        /// Steps there are.
        steps: Vec<Named>,
    },
    /// Not from the present state.
    #[error("{step} cannot be taken from {state}")]
    NotFromHere {
        /// What was asked for.
        step: Box<Named>,
        /// Present state.
        state: Named,
        /// Steps this side can take from it.
        steps: Vec<Named>,
    },
    /// Belongs to the other side.
    #[error("{step} is taken by {owner:?}")]
    NotYours {
        /// What was asked for.
        step: Named,
        /// Who takes it.
        owner: StepAuthority,
    },
    /// Required fields are empty.
    #[error("{step} needs more fields")]
    Missing {
        /// What was asked for.
        step: Named,
        /// Empty fields.
        fields: Vec<Named>,
    },
    /// Days in the present state are not over.
    #[error("{step} not before {earliest}")]
    TooEarly {
        /// What was asked for.
        step: Named,
        /// First day on which it may be taken.
        earliest: Date,
    },
    /// Two sides disagree about the state.
    #[error("the record is forked")]
    Forked {
        /// States to choose from.
        states: Vec<Named>,
    },
    /// Nothing to resolve.
    #[error("the record is not forked")]
    NotForked,
    /// The state chosen is none of the sides'.
    #[error("no side of the fork has the state chosen")]
    NotATip {
        /// States to choose from.
        states: Vec<Named>,
    },
    /// The state is not known here: no definition of the record's version.
    #[error("the definition of this record is not known here")]
    NotYetJudged,
}

/// A code and its title in both languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// Code.
    pub code: String,
    /// Chinese title.
    pub zh: String,
    /// English title.
    pub en: String,
}

impl std::fmt::Display for Named {
    /// The code; a person reads the title.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.code)
    }
}

impl StepError {
    /// Key of the sentence in the message catalogue.
    #[must_use]
    pub fn key(&self) -> &'static str {
        match self {
            Self::NoLifecycle { .. } => "ledger-step-no-lifecycle",
            Self::Unknown { .. } => "ledger-step-no-such",
            Self::NotFromHere { steps, .. } if steps.is_empty() => "ledger-step-none-from-here",
            Self::NotFromHere { .. } => "ledger-step-not-from-here",
            Self::NotYours { owner: StepAuthority::School, .. } => "ledger-step-schools",
            Self::NotYours { owner: StepAuthority::Other, .. } => "ledger-step-others",
            Self::NotYours { owner: StepAuthority::County | StepAuthority::Any, .. } => "ledger-step-countys",
            Self::Missing { .. } => "ledger-step-missing",
            Self::TooEarly { .. } => "ledger-step-early",
            Self::Forked { .. } => "ledger-step-forked",
            Self::NotForked => "ledger-step-not-forked",
            Self::NotATip { .. } => "ledger-step-not-a-tip",
            Self::NotYetJudged => "ledger-step-not-yet-judged",
        }
    }

    /// As a failure for a person.
    #[must_use]
    pub fn fault(&self) -> Fault {
        let fault = |exit| Fault::new(self.key(), exit);
        match self {
            Self::NoLifecycle { ledger } => fault(Exit::Input).with("ledger", ledger),
            Self::Unknown { step, steps } => with_names(fault(Exit::NoMatch).with("step", excerpt(step)), steps),
            Self::NotFromHere { step, state, steps } => {
                let fault = of_step(fault(Exit::NotAllowed), step).with("state_zh", &state.zh).with("state_en", &state.en);
                with_names(fault, steps)
            }
            Self::NotYours { step, .. } => of_step(fault(Exit::NotAllowed), step),
            Self::Missing { step, fields } => with_names(of_step(fault(Exit::Input), step), fields),
            Self::TooEarly { step, earliest } => of_step(fault(Exit::NotAllowed), step).with("earliest", earliest),
            Self::Forked { states } | Self::NotATip { states } => with_names(fault(Exit::NotAllowed), states),
            Self::NotForked | Self::NotYetJudged => fault(Exit::NotAllowed),
        }
    }
}

impl From<&StepError> for Fault {
    fn from(error: &StepError) -> Self {
        error.fault()
    }
}

impl From<StepError> for Fault {
    fn from(error: StepError) -> Self {
        error.fault()
    }
}

/// `step_zh`, `step_en`: its title, which is what a person calls it; `step` is the code.
fn of_step(fault: Fault, step: &Named) -> Fault {
    fault.with("step", &step.code).with("step_zh", &step.zh).with("step_en", &step.en)
}

/// `names_zh`, `names_en`: `公示 (publish)、…`; `titles_zh`, `titles_en` without the codes, for pages; `codes`, one a line.
fn with_names(fault: Fault, names: &[Named]) -> Fault {
    let zh: Vec<String> = names.iter().map(|named| format!("{}（{}）", named.zh, named.code)).collect();
    let en: Vec<String> = names.iter().map(|named| format!("{} ({})", named.en, named.code)).collect();
    let codes: Vec<&str> = names.iter().map(|named| named.code.as_str()).collect();
    fault
        .with("names_zh", listed(zh.iter().map(String::as_str)).replace(", ", "、"))
        .with("names_en", listed(en.iter().map(String::as_str)))
        .with("titles_zh", listed(names.iter().map(|named| named.zh.as_str())).replace(", ", "、"))
        .with("titles_en", listed(names.iter().map(|named| named.en.as_str())))
        .with("codes", codes.join("\n"))
}

/// Steps that `side` can take today from the present state, whether or not their required fields are filled. Empty while forked.
#[must_use]
pub fn allowed<'a>(
    outcome: &Outcome,
    definition: &'a Definition,
    side: Authority,
    today: Date,
    fields: &BTreeMap<String, Value>,
    holidays: &Holidays,
) -> Vec<&'a Step> {
    let (Some(lifecycle), Some(state)) = (&definition.lifecycle, outcome.state.as_deref()) else { return Vec::new() };
    let early = |step: &Step| earliest(outcome, definition, step, fields, holidays).is_some_and(|earliest| today < earliest);
    from_here(lifecycle, state, side).filter(|step| !early(step)).collect()
}

fn from_here<'a>(lifecycle: &'a Lifecycle, state: &str, side: Authority) -> impl Iterator<Item = &'a Step> {
    let leaves = move |step: &&Step| step.from.iter().any(|from| from == state) && step.authority.allows(side);
    lifecycle.steps.iter().filter(leaves).collect::<Vec<_>>().into_iter()
}

/// The first day a step may be taken: where the state is one of public notice, once that is over by its own days; otherwise so many days after the state was reached.
pub fn earliest(outcome: &Outcome, definition: &Definition, step: &Step, fields: &BTreeMap<String, Value>, holidays: &Holidays) -> Option<Date> {
    let state = definition.lifecycle.as_ref()?.state(outcome.state.as_deref()?)?;
    let days = step.min_days_in_state?;
    notice::over(definition, fields, &state.code, holidays).or_else(|| holidays.after(outcome.since?, days, state.due_unit))
}

/// Whether the step may be taken; `definition` is the version it would be written under.
pub fn may_take(outcome: &Outcome, definition: &Definition, request: &Request<'_>) -> Result<(), StepError> {
    let Some(lifecycle) = &definition.lifecycle else {
        return Err(StepError::NoLifecycle { ledger: definition.code.clone() });
    };
    if request.step == RESOLVE {
        return may_resolve(outcome, lifecycle, request);
    }
    let Some(step) = lifecycle.step(request.step) else {
        return Err(StepError::Unknown { step: request.step.to_owned(), steps: lifecycle.steps.iter().map(named_step).collect() });
    };
    let name = named_step(step);
    if outcome.fork.is_some() {
        return Err(StepError::Forked { states: tip_states(outcome, lifecycle) });
    }
    let Some(state) = outcome.state.as_deref() else { return Err(StepError::NotYetJudged) };
    if !step.from.iter().any(|from| from == state) {
        let steps = from_here(lifecycle, state, request.authority).map(named_step).collect();
        return Err(StepError::NotFromHere { step: Box::new(name), state: named_state(lifecycle, state), steps });
    }
    if !step.authority.allows(request.authority) {
        return Err(StepError::NotYours { step: name, owner: step.authority });
    }
    let fields: Vec<Named> = missing(definition, step, request);
    if !fields.is_empty() {
        return Err(StepError::Missing { step: name, fields });
    }
    match earliest(outcome, definition, step, request.fields, request.holidays) {
        Some(earliest) if request.on < earliest => Err(StepError::TooEarly { step: name, earliest }),
        _ => Ok(()),
    }
}

fn missing(definition: &Definition, step: &Step, request: &Request<'_>) -> Vec<Named> {
    let empty = definition.required_for(step).into_iter().filter(|field| !is_filled(request.fields, &field.code));
    empty.map(|field| Named { code: field.code.clone(), zh: field.title.zh.clone(), en: field.title.en.clone() }).collect()
}

fn may_resolve(outcome: &Outcome, lifecycle: &Lifecycle, request: &Request<'_>) -> Result<(), StepError> {
    let Some(fork) = &outcome.fork else { return Err(StepError::NotForked) };
    if fork.county_only && request.authority != Authority::County {
        let title = |lang| locale::text(lang, "web-trail-settled", &[]);
        let step = Named { code: RESOLVE.to_owned(), zh: title(Lang::Zh), en: title(Lang::En) };
        return Err(StepError::NotYours { step, owner: StepAuthority::County });
    }
    let chosen = fork.tips.iter().any(|tip| Some(tip.state.as_str()) == request.to);
    if chosen { Ok(()) } else { Err(StepError::NotATip { states: tip_states(outcome, lifecycle) }) }
}

fn tip_states(outcome: &Outcome, lifecycle: &Lifecycle) -> Vec<Named> {
    let mut states: Vec<Named> = Vec::new();
    for tip in outcome.fork.iter().flat_map(|fork| &fork.tips) {
        if !states.iter().any(|known| known.code == tip.state) {
            states.push(named_state(lifecycle, &tip.state));
        }
    }
    states
}

fn named_step(step: &Step) -> Named {
    Named { code: step.code.clone(), zh: step.title.zh.clone(), en: step.title.en.clone() }
}

fn named_state(lifecycle: &Lifecycle, code: &str) -> Named {
    let title = lifecycle.state(code).map(|state| state.title.clone()).unwrap_or_default();
    Named { code: code.to_owned(), zh: title.zh, en: title.en }
}
