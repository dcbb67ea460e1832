//! Carries requests out on a replica. Answers are JSON: what `--json` prints, and what [`super::render`] draws.

use super::{
    attachments, audit, batch, cells, disputed, importing, ledgers, listing, refusals, reporting,
    request::Request,
    undoing::{self, Trace},
};
use crate::{
    fault::{Exit, Fault},
    local::{OnProgress, Progress},
    locale::Lang,
    model::SchoolYear,
    replica::{
        self, Replica, Result, Role,
        records::{Done, Place},
    },
};
use serde_json::{Value as Json, json};
use std::{collections::BTreeMap, sync::Arc};

/// Rows of a list when no limit is given.
const LIST_LIMIT: u32 = 200;

/// Does what `account` asks, and notes in the audit chain what is to be noted ([`audit`]) before the answer goes out.
///
/// # Errors
/// A repair instruction.
pub fn execute(replica: &Arc<Replica>, request: Request, account: &str, lang: Lang, progress: OnProgress<'_>) -> std::result::Result<Json, Fault> {
    let who = audit::actor(account, audit::by_of(&request).as_deref());
    run(replica, request, &who, lang, progress).map_err(Fault::from).inspect_err(|fault| audit::refused(replica, &who, fault))
}

/// That nothing written here awaits a person's choice: a new value would choose for that person, and nobody would know (DESIGN §2, no silent winner). Only `conflicts
/// resolve` chooses.
fn undisputed(replica: &Replica, place: &Place, set: &BTreeMap<String, String>) -> Result<()> {
    if set.is_empty() {
        return Ok(());
    }
    let disputed = replica.in_dispute()?;
    let Some(code) = disputed.get(&place.id).and_then(|keys| set.keys().find(|code| cells::among(keys, code))) else { return Ok(()) };
    Err(cells::in_dispute(replica.definition(&place.ledger)?.as_ref(), code).into())
}

/// The record a person names. Of several children of the name given it is said who they are, instead of that there is none.
fn located(replica: &Replica, text: &str) -> Result<Place> {
    let fault = match replica.locate(text) {
        Err(replica::ReplicaError::Fault(fault)) if fault.code == "record-none" => fault,
        found => return found,
    };
    match replica.one_student(text, None) {
        Err(replica::ReplicaError::Fault(several)) if several.code == "student-several" => Err(several.into()),
        _ => Err(fault.into()),
    }
}

#[expect(clippy::too_many_lines, reason = "one arm a request: a table")]
fn run(replica: &Arc<Replica>, request: Request, who: &str, lang: Lang, progress: OnProgress<'_>) -> Result<Json> {
    match request {
        Request::RecordAdd { ledger, subject, year, set, by } => {
            let prepared = replica.prepare_add(&ledger, subject.as_ref(), year, &set, by.as_deref())?;
            // What is there already (a child's profile) is corrected, not made: there is nothing to void again.
            let there = replica.holds(&prepared.done.record)?;
            if there {
                undisputed(replica, &replica.locate(&prepared.done.record)?, &set)?;
            }
            let trace = if there { None } else { Trace::of_new(&prepared.edit) };
            let (made, undo) = undoing::commit_one(replica, prepared.edit, trace, by.as_deref())?;
            Ok(done(&Done { changed: made > 0, ..prepared.done }, undo.as_deref(), lang))
        }
        Request::RecordSet { record, set, by } => {
            let place = located(replica, &record)?;
            undisputed(replica, &place, &set)?;
            let prepared = replica.prepare_set(&place, &set, by.as_deref())?;
            let (prepared, undo) = undoing::commit_change(replica, &place, prepared, by.as_deref())?;
            Ok(done(&prepared.done, undo.as_deref(), lang))
        }
        Request::RecordVoid { record, why, by } => {
            let place = located(replica, &record)?;
            let prepared = replica.prepare_void(&place, &why, by.as_deref())?;
            let (prepared, undo) = undoing::commit_change(replica, &place, prepared, by.as_deref())?;
            Ok(done(&prepared.done, undo.as_deref(), lang))
        }
        Request::RecordUnvoid { record, by } => {
            let place = located(replica, &record)?;
            let prepared = replica.prepare_unvoid(&place, by.as_deref())?;
            let (prepared, undo) = undoing::commit_change(replica, &place, prepared, by.as_deref())?;
            Ok(done(&prepared.done, undo.as_deref(), lang))
        }
        Request::RecordStep { record, step, set, on, by, why, to } => {
            undisputed(replica, &located(replica, &record)?, &set)?;
            let taken = replica.step(&record, &step, &set, on.as_deref(), by.as_deref(), why.as_deref(), to.as_deref())?;
            Ok(done(&taken, None, lang))
        }
        Request::RecordRedate { record, step, on, by } => Ok(done(&replica.redate(&record, &step, &on, by.as_deref())?, None, lang)),
        Request::RecordList { ledger, student, filters, year, school, columns, order, limit, format } => {
            let wanted = listing::Wanted { ledger, student, filters, year, school, columns, order, limit: limit.unwrap_or(LIST_LIMIT), format };
            let (answer, read) = listing::list(replica, &wanted, lang)?;
            audit::read(replica, who, audit::action("list", format), read);
            Ok(answer)
        }
        Request::RecordShow { record } => show(replica, &record, who, lang),
        Request::ReportRun { name, params, format } => {
            let (answer, read) = reporting::run(replica, &name, &params, format, lang)?;
            audit::read(replica, who, audit::action("report", format), read);
            Ok(answer)
        }
        Request::ReportList => Ok(reporting::list(replica, lang)),
        Request::LedgerList => Ok(ledgers::list(replica, lang)),
        Request::LedgerShow { code } => ledgers::show(replica, &code, lang),
        Request::ConflictsList { school, kind } => conflicts(replica, school.as_deref(), kind.as_deref(), who, lang),
        Request::ConflictsResolve { id, choose, why, by } => {
            let answer = replica.resolve(&id, &choose, why.as_deref(), by.as_deref())?;
            audit::note(replica, who, "resolve", format!("conflict {id}"), 1);
            Ok(answer)
        }
        Request::ImportRoster { file, bytes, dry_run, sheet, by, this_school } => {
            let upload = importing::Upload { file, bytes, dry_run, year: None, by, sheet };
            importing::roster(replica, &upload, this_school, lang, progress)
        }
        Request::ImportLedger { code, file, bytes, dry_run, year, by, take, within, sheet } => {
            let upload = importing::Upload { file, bytes, dry_run, year, by, sheet };
            importing::ledger(replica, &code, &upload, &take, within.as_deref(), lang, progress)
        }
        Request::ImportUndo { batch } => {
            let answer = undoing::undo(replica, &batch, None, lang)?;
            audit::note(replica, who, "undo", format!("import {batch}"), answer["undone"].as_u64().unwrap_or(0));
            Ok(answer)
        }
        Request::Undo { batch, by } => {
            let answer = undoing::undo(replica, &batch, by.as_deref(), lang)?;
            audit::note(replica, who, "undo", format!("write {batch}"), answer["undone"].as_u64().unwrap_or(0));
            Ok(answer)
        }
        Request::UndoList => undoing::list(replica),
        Request::Batch { ledger, items, dry_run, by } => batch::run(replica, &ledger, &items, dry_run, by.as_deref(), lang),
        Request::LedgerCheck { path, text } => {
            let definition = replica::definitions::check(&replica.catalogue(), &text).map_err(|e| of_file(e.into(), &path))?;
            Ok(json!({ "code": definition.code, "version": definition.version, "fields": definition.fields.len(), "ok": true }))
        }
        Request::LedgerPublish { path, text } => {
            hub_only(replica)?;
            let (code, version) = replica.publish_definition(&text).map_err(|e| of_file(e.into(), &path))?;
            audit::note(replica, who, "publish", format!("ledger {code} v{version}"), 1);
            Ok(json!({ "code": code, "version": version, "published": true }))
        }
        Request::ReportPublish { path, text } => {
            hub_only(replica)?;
            let report = reporting::check(&text).map_err(|e| of_file(e, &path))?;
            let set = BTreeMap::from([("name".to_owned(), report.name.clone()), ("text".to_owned(), text)]);
            replica.add("report_definition", None, None, &set, None)?;
            audit::note(replica, who, "publish", format!("report {}", report.name), 1);
            Ok(json!({ "name": report.name, "published": true }))
        }
        Request::YearOpen { year } => {
            let answer = open_year(replica, year)?;
            audit::note(replica, who, "open-year", format!("year {year}"), 1);
            Ok(answer)
        }
        Request::Attach { record, field, file, bytes, by } => attachments::attach(replica, &record, &field, &file, &bytes, by.as_deref()),
        Request::BlobList { record } => attachments::list(replica, record.as_deref()),
        Request::BlobGet { hash, thumbnail } => attachments::get(replica, &hash, thumbnail, who),
        Request::BlobLimits { file_mib, quota_mib, whole } => attachments::limits(replica, file_mib, quota_mib, whole),
        Request::AuditList { action, limit } => audit::list(replica, action.as_deref(), limit),
        Request::AuditVerify => audit::verify(replica),
        Request::Status => replica.status(),
        Request::Settle => {
            replica.settle();
            replica.status()
        }
        Request::Rebuild => {
            progress(Progress { done: 0, total: 1 });
            let rebuilt = replica.rebuild(replica::merge::threads())?;
            progress(Progress { done: 1, total: 1 });
            Ok(serde_json::to_value(rebuilt).map_err(Fault::internal)?)
        }
        Request::Verify => {
            let found = replica.verify()?;
            if found.problems.is_empty() {
                return Ok(serde_json::to_value(found).map_err(Fault::internal)?);
            }
            let details = found.problems.iter().map(|text| Fault::new("verify-problem", Exit::Found).with("text", text));
            Err(Fault::new("verify-found", Exit::Found).with("count", found.problems.len()).of(details).into())
        }
    }
}

fn show(replica: &Replica, record: &str, who: &str, lang: Lang) -> Result<Json> {
    let mut answer = replica.show(&located(replica, record)?.id)?;
    answer["view"] = ledgers::view(replica, &answer, lang);
    let word = |key: &str| answer[key].as_str().unwrap_or_default();
    // A definition that this version does not know might be about anyone.
    let named = replica.definition(word("ledger")).map_or(true, |definition| audit::is_named(&definition));
    audit::read(replica, who, "show", audit::Read { named, subject: format!("{} document:{}", word("record"), word("document")), rows: 1 });
    Ok(answer)
}

fn conflicts(replica: &Replica, school: Option<&str>, kind: Option<&str>, who: &str, lang: Lang) -> Result<Json> {
    let items = replica.conflicts(school, kind)?;
    let named = items.iter().any(|i| i.student.is_some() || i.name.is_some());
    audit::read(replica, who, "conflicts", audit::Read { named, subject: "conflicts".into(), rows: items.len() });
    let words = disputed::Words::of(replica, lang);
    let list: Vec<Json> = items
        .into_iter()
        .map(|i| {
            let mut item = json!({ "id": i.id, "kind": i.kind, "record": i.record, "school": i.school, "year": i.year, "student": i.student, "name": i.name,
                "field": i.field, "detail": i.detail, "opened": i.opened });
            if let Some(title) = words.titles(&i) {
                item["title"] = title.into();
            }
            (item["choices"], item["told"]) = (words.choices(&i).into(), words.told(&i).into());
            if let Some((message, next)) = refusals::sentence(&i.detail, lang) {
                (item["message"], item["next"]) = (message.into(), next.into());
            }
            item
        })
        .collect();
    Ok(json!({ "conflicts": list }))
}

/// Says which file is wrong.
fn of_file(fault: Fault, path: &str) -> Fault {
    fault.with("path", path)
}

fn hub_only(replica: &Replica) -> Result<()> {
    if replica.me().role == Role::Hub { Ok(()) } else { Err(Fault::new("hub-only", Exit::NotAllowed).into()) }
}

fn open_year(replica: &Arc<Replica>, year: u16) -> Result<Json> {
    match replica.me().role {
        Role::Hub => Ok(json!({ "year": year, "opened": replica.open_year(year)? })),
        Role::Node(school) => {
            let known = SchoolYear::new(year).ok_or_else(|| Fault::new("year-absurd", Exit::Input).with("year", year))?;
            let rolled = replica.roll(school, known)?;
            Ok(
                json!({ "year": year, "promoted": rolled.promoted, "graduated": rolled.graduated, "carried": rolled.carried, "present": rolled.present }),
            )
        }
    }
}

fn done(done: &Done, undo: Option<&str>, lang: Lang) -> Json {
    let gaps: Vec<Json> = done.gaps.iter().map(|gap| json!({ "code": gap.code, "message": crate::locale::fault(lang, gap).0 })).collect();
    let unknown: Vec<String> = done.unknown.iter().map(|u| format!("{}={}", u.field, u.option)).collect();
    json!({ "record": done.record, "changed": done.changed, "gaps": gaps, "unknown": unknown, "undo": undo })
}
