//! The page of what the county passed on (`[relay]` of a definition): another school's record as this one is shown it, and its answer.
//!
//! It is drawn by the ledger of the record itself, with that ledger's titles and steps. Who writes that ledger for the whole school answers.

use super::{Next, RecordPage, Stage, next_steps, waits};
use crate::{
    fault::{Exit, Fault},
    ledger::{Definition, definition::Step},
    locale,
    replica::{names::Names, relay::PassedOn},
    web::{
        account::Account,
        desk::Desk,
        entry::Tried,
        lacks::Lacks,
        page::{Page, Said},
        reach::{self, Reached},
        shown,
        trail::Trail,
    },
};

/// A record the person may take steps of: one to write, or one that was passed on, as it stands in its own ledger.
pub(super) fn steppable(desk: &Desk, account: &Account, id: &str) -> Result<Reached, Fault> {
    let reached = reach::record(desk, account, id)?;
    match desk.replica.passed_on(&reached.place).map_err(Fault::from)? {
        Some(passed) if answers(account, &passed) => Ok(as_record(&passed)),
        Some(_) => Err(Fault::new("web-not-yours", Exit::NotAllowed)),
        None => reach::writable(desk, account, id),
    }
}

fn answers(account: &Account, passed: &PassedOn) -> bool {
    account.writes(&passed.definition).holds(None)
}

fn as_record(passed: &PassedOn) -> Reached {
    Reached { place: passed.place.clone(), definition: passed.definition.clone(), pupil: None, writes: true, closed: None }
}

/// Whether in this state it is the school's it was passed on to to answer.
fn asks_us(definition: &Definition, state: Option<&str>) -> bool {
    let steps = definition.lifecycle.iter().flat_map(|lifecycle| &lifecycle.steps);
    let ours = |step: &&Step| definition.relay.as_ref().is_some_and(|relay| relay.steps.contains(&step.code));
    steps.filter(ours).any(|step| step.from.iter().any(|from| Some(from.as_str()) == state))
}

/// The page; `None` for any other record.
pub(super) fn page(
    desk: &Desk,
    account: &Account,
    page: &Page,
    reached: &Reached,
    shown_json: &serde_json::Value,
    step: &str,
    tried: Tried<'_>,
) -> Result<Option<RecordPage>, Fault> {
    let Some(passed) = desk.replica.passed_on(&reached.place).map_err(Fault::from)? else { return Ok(None) };
    let (lang, definition, place) = (page.lang, &passed.definition, &passed.place);
    let (catalogue, names) = (desk.replica.catalogue(), Names::of(&desk.replica, lang));
    let profile = desk.replica.definition("enrolment").map_err(Fault::from)?;
    let mut values = shown::filled(&catalogue, &profile, account, &passed.profile, lang);
    values.extend(shown::filled(&catalogue, definition, account, &names.fields(definition, &place.fields), lang));
    values.retain(|shown| definition.field(&shown.code).is_none_or(|f| f.kind != crate::ledger::FieldType::File));
    let state = place.state.as_deref();
    let step_title = |code: &str| definition.lifecycle.as_ref().and_then(|l| l.step(code)).map_or(code, |s| s.title.get(lang)).to_owned();
    let asked = passed.answered.is_none() || passed.problem;
    let next = if asked && answers(account, &passed) && !place.void {
        // Each is an answer, none a way out.
        let steps = next_steps(desk, account, &as_record(&passed), page, shown_json, step, tried)?;
        steps.into_iter().map(|step| Next { awaited: true, ..step }).collect()
    } else {
        Vec::new()
    };
    let waits = match &passed.answered {
        Some(_) if passed.problem => locale::text(lang, "web-passed-problem", &[]),
        Some(step) => locale::text(lang, "web-passed-answered", &[("value", &step_title(step))]),
        None if next.is_empty() && asks_us(definition, state) => locale::text(lang, "web-passed-waits", &[]),
        None if next.is_empty() => waits(definition, state, lang),
        None => locale::text(lang, "web-passed-asked", &[]),
    };
    let due = passed.due.as_deref().filter(|_| asked && !place.void).map_or((String::new(), ""), |due| {
        let (words, mark) = shown::distance(due, desk.clock().today(), lang);
        (lang.beside(due, &words), mark)
    });
    let parts = [definition.title.get(lang).to_owned(), passed.child.clone().unwrap_or_default(), names.label(definition, &place.fields)];
    let title = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let stage = Stage { title: shown::state(definition, state, lang), on: String::new(), by: String::new(), why: String::new(), now: true };
    Ok(Some(RecordPage {
        page: Page { help: page.t("web-passed-help"), ..page.clone().titled(title) },
        id: place.id.clone(),
        child: None,
        values,
        stages: vec![stage],
        ahead: Vec::new(),
        waits,
        due,
        next,
        conflicts: Vec::new(),
        files: Vec::new(),
        file_inputs: Vec::new(),
        may_remove: false,
        not_taken: None,
        related: Vec::new(),
        trail: Trail::default(),
        writes: false,
        is_void: place.void,
        void_reason: super::text(&reached.place.fields, "void_reason"),
        voidable: false,
        restorable: false,
        again: String::new(),
        said: tried.fault.map(|f| Said::of(f, lang)),
        moved: None,
        lacks: Lacks::default(),
        compared: Vec::new(),
        redate: Vec::new(),
        redate_told: String::new(),
        redate_typed: Default::default(),
    }))
}
