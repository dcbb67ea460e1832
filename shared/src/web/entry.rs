//! Forms for a new record and for a correction, generated from the definition; and the judging of one field while the form is filled.
//!
//! Long as it is, this is one room: adding and correcting share what they read, refuse, ask and say.

use super::{
    account::{Account, Reach},
    again, asked,
    conflicts::{self, Held},
    desk::Desk,
    files, fits,
    form::{Drawing, Input, Inputs, Option_, Sent},
    guard::{Oops, Visitor, status},
    newer,
    page::{Page, Said, after, draw, sentence},
    prefill::{self, Offer},
    reach::{self, Reached},
    record::mends,
    shown,
};
use crate::{
    command::{Request, cells, request::SubjectRef},
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{
        Definition, FieldType,
        condition::is_filled,
        definition::{Field, Form, Period, Required, Subject},
        value,
    },
    locale,
    model::blob::Attachment,
    replica::{
        browse::{Row, Wanted},
        names::Names,
        records::fixed_fields,
    },
};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{DefaultBodyLimit, Path, Query, RawForm, State},
    response::{Html, IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/ledger/{code}/new", get(new).post(add).layer(DefaultBodyLimit::disable()))
        .route("/ledger/{code}/check", post(check))
        .route("/record/{id}/edit", get(edit).post(save).layer(DefaultBodyLimit::disable()))
}

type Query_ = Query<BTreeMap<String, String>>;

/// A form for a new record or a correction.
#[derive(Template)]
#[template(path = "form.html")]
pub struct FormPage {
    /// Frame.
    pub page: Page,
    /// Where it is sent.
    pub action: String,
    /// Where a single field is judged.
    pub check: String,
    /// Whose record it is: name and class.
    pub whose: String,
    /// Fields.
    pub inputs: Inputs,
    /// What the engine said that stands beside no field.
    pub said: Option<Said>,
    /// What is there already that looks like it: page and name.
    pub there: Vec<(String, String)>,
    /// Files that were not taken.
    pub not_taken: Option<Said>,
    /// Way back.
    pub cancel: String,
    /// Values that travel along.
    pub hidden: Vec<(String, String)>,
    /// Another like it may follow at once.
    pub another: bool,
    /// What the records say already, for a ledger filled from a report.
    pub offer: Option<Offer>,
}

impl std::fmt::Debug for FormPage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FormPage").field("action", &self.action).finish_non_exhaustive()
    }
}

/// The records a `ref` field can point to: the child's own, or the newest of the school's.
///
/// # Errors
/// The store's.
pub fn targets(
    desk: &Desk,
    account: &Account,
    definition: &Definition,
    student: Option<&str>,
    inputs: &mut [Input],
    lang: crate::locale::Lang,
) -> Result<(), Fault> {
    let (catalogue, names) = (desk.replica.catalogue(), Names::of(&desk.replica, lang));
    let so_far = fits::so_far(desk, definition, student, &fits::typed(inputs));
    let schools = desk.replica.schools().map_err(Fault::from)?;
    for input in inputs {
        if fits::school(definition, input, &names, &schools) {
            continue;
        }
        let Some(target) = definition.field(&input.code).and_then(|f| f.reference.as_deref()).and_then(|code| catalogue.latest(code)) else {
            continue;
        };
        let rows = match (target.subject, student) {
            (Subject::Student, Some(student)) => desk.replica.records_of(student).map_err(Fault::from)?,
            (Subject::Student, None) => Vec::new(),
            _ => desk.replica.page(target, &Wanted { limit: 100, ..Wanted::default() }).map_err(Fault::from)?.rows,
        };
        let rows = reach::rows(desk, account, rows);
        input.kind = "select";
        let writes = account.writes(target).any();
        input.add = match (target.subject, student) {
            _ if !writes => Default::default(),
            (Subject::Student, Some(student)) => (format!("/ledger/{}/new?student={student}", target.code), target.title.get(lang).to_owned()),
            (Subject::Student, None) => Default::default(),
            _ => (format!("/ledger/{}/new", target.code), target.title.get(lang).to_owned()),
        };
        let rows = rows.into_iter().filter(|row| row.ledger == target.code && (!row.void || row.id == input.value)).collect();
        let (rows, apart) = fits::sorted(desk, definition, &input.code, &so_far, rows);
        input.apart = (apart, locale::text(lang, "web-others", &[]));
        input.options = rows.iter().map(|row| Option_ { code: row.id.clone(), title: names.row(target, row), on: row.id == input.value }).collect();
    }
    Ok(())
}

/// What an earlier try of a form left: what was typed, the files that were taken, and what the engine said.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tried<'a> {
    pub(super) typed: &'a BTreeMap<String, String>,
    pub(super) kept: &'a [(String, Attachment)],
    pub(super) fault: Option<&'a Fault>,
}

impl<'a> Tried<'a> {
    pub(super) fn typed(typed: &'a BTreeMap<String, String>) -> Self {
        Self { typed, kept: &[], fault: None }
    }
}

/// The record of the same month that is still open, in a school's ledger of which one a month is expected: it is gone on with, rather than told twice.
fn begun(desk: &Desk, definition: &Definition, typed: &BTreeMap<String, String>) -> Result<Option<String>, Fault> {
    let month =
        definition.fields.iter().find(|f| f.kind == FieldType::Month).and_then(|f| Some((f.code.clone(), typed.get(&f.code)?.trim().to_owned())));
    let Some(month) = month.filter(|_| definition.per == Some(Period::Month) && definition.subject != Subject::Student) else { return Ok(None) };
    let rows = desk.replica.page(definition, &Wanted { equals: BTreeMap::from([month]), limit: 100, ..Wanted::default() }).map_err(Fault::from)?.rows;
    let open =
        |row: &Row| definition.lifecycle.as_ref().zip(row.state.as_deref()).and_then(|(l, code)| l.state(code)).is_some_and(|state| state.open);
    Ok(rows.into_iter().find(open).map(|row| row.id))
}

fn new_form(desk: &Desk, account: &Account, page: Page, definition: &Definition, student: &str, tried: Tried<'_>) -> Result<FormPage, Fault> {
    let Tried { typed, kept, fault } = tried;
    let catalogue = desk.replica.catalogue();
    let by_child = definition.subject == Subject::Student && definition.form == Form::Records;
    let pupil = if by_child { Some(reach::child(desk, account, student)?.0) } else { None };
    let may = pupil.as_ref().map_or(account.writes(definition).any(), |p| account.writes(definition).holds(reach::class_of(p)));
    if !may {
        return Err(Fault::new("web-not-yours", Exit::NotAllowed));
    }
    let lang = page.lang;
    let empty = BTreeMap::new();
    let figures = prefill::figures(desk, account, definition, typed, lang)?;
    // What was typed wins over what the records say.
    let mut filled = figures.as_ref().map(|f| f.values.clone()).unwrap_or_default();
    for serial in definition.fields.iter().filter(|field| field.serial) {
        filled.insert(serial.code.clone(), prefill::next_number(desk, definition, &serial.code)?);
    }
    for field in definition.fields.iter().filter(|field| field.common) {
        let year = desk.replica.this_year().map_err(Fault::from)?;
        filled.extend(desk.replica.common_value(definition, field, year).map_err(Fault::from)?.map(|value| (field.code.clone(), value)));
    }
    filled.extend(fits::own_school(desk, definition));
    filled.extend(fits::of_file(desk, account, definition, pupil.as_ref().map_or("", |p| p.student.as_str()), lang)?);
    filled.extend(typed.clone());
    let drawing = Drawing { catalogue: &catalogue, definition, account, fields: &empty, typed: &filled, fault, lang, new: true };
    let mut inputs = drawing.inputs();
    let dated = definition.dated_by.as_deref().unwrap_or("on");
    if let Some(on) = inputs.first.iter_mut().find(|i| i.code == dated && i.value.is_empty()) {
        on.value = desk.clock().today().to_string();
    }
    let doc = pupil.as_ref().map(|p| p.student.as_str());
    targets(desk, account, definition, doc, &mut inputs.first, lang)?;
    targets(desk, account, definition, doc, &mut inputs.more, lang)?;
    files::offer(desk, account, definition, &empty, kept, &mut inputs, lang)?;
    // Who asked for a form writes in it at once.
    match fault {
        None => inputs.begin(),
        Some(fault) => mend(&mut inputs, fault),
    }
    let code = &definition.code;
    let action = page.post(&format!("/ledger/{code}/new"));
    if let Some(figures) = &figures {
        prefill::beside(&mut inputs.first, figures, lang);
        prefill::beside(&mut inputs.more, figures, lang);
    }
    Ok(FormPage {
        offer: figures.map(|figures| prefill::offer(desk, definition, &figures, action.clone(), lang)),
        action,
        check: page.post(&format!("/ledger/{code}/check")),
        whose: pupil.as_ref().map(|p| format!("{} · {}", p.name, shown::class(p.grade, p.class, lang))).unwrap_or_default(),
        said: fault.map(|f| Said::of(f, lang)),
        there: Vec::new(),
        not_taken: None,
        cancel: doc.map_or_else(|| format!("/ledger/{code}"), |doc| format!("/child/{doc}")),
        // Of a child's own file: the document foreseen for a child that the county moved here.
        hidden: doc.or(Some(student)).filter(|doc| !doc.is_empty()).map(|doc| ("_student".to_owned(), doc.to_owned())).into_iter().collect(),
        another: true,
        page: page.titled(format!("{} · {}", definition.title.get(lang), crate::locale::text(lang, "web-add", &[]))),
        inputs,
    })
}

/// What was just saved, by name, for the form of the next one.
fn last(desk: &Desk, account: &Account, page: &mut Page, asked: &BTreeMap<String, String>) {
    let Some(Ok(reached)) = asked.get("last").map(|id| reach::record(desk, account, id)) else { return };
    let Reached { place, definition, pupil, .. } = reached;
    let label = Names::of(&desk.replica, page.lang).label(&definition, &place.fields);
    let on = match place.fields.get("on") {
        Some(Value::Str(on)) => on.clone(),
        _ => String::new(),
    };
    let whose = pupil.map(|pupil| pupil.name).unwrap_or_default();
    let on = if label.contains(&on) { String::new() } else { on };
    let named: Vec<String> = [whose, definition.title.get(page.lang).to_owned(), on, label].into_iter().filter(|part| !part.is_empty()).collect();
    let gaps = asked.get("saved").and_then(|gaps| gaps.parse::<u32>().ok()).unwrap_or(0);
    page.done = page.t1("web-saved-named", named.join(" · "));
    if gaps > 0 {
        page.done.push_str(&page.t1("web-saved-named-gaps", gaps));
    }
}

async fn new(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(code): Path<String>,
    Query(asked): Query_,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let mut page = Page::of(&desk, &visitor, "web-form");
    let definition = reach::ledger(&desk, &account, &code)?;
    let mut student = asked.get("student").filter(|_| definition.form == Form::Records).cloned().unwrap_or_default();
    if definition.subject == Subject::Student && definition.form == Form::Records && student.is_empty() {
        return Ok(Redirect::to(&format!("/children?pick={code}")).into_response());
    }
    let again = asked.get("again").cloned().unwrap_or_default();
    // Fields named in the address are filled in: the case a notice belongs to.
    let named: BTreeMap<String, String> =
        asked.iter().filter(|(key, _)| definition.declared(key).is_some()).map(|(key, text)| (key.clone(), text.clone())).collect();
    let drawn = desk
        .run(move |desk| {
            last(desk, &account, &mut page, &asked);
            let mut typed = if again.is_empty() { BTreeMap::new() } else { again::proposed(desk, &account, &definition, &again, page.lang)? };
            if !again.is_empty() && definition.form == Form::Profile {
                student = again::foreseen_for(desk, &account, &again)?;
            }
            if !typed.is_empty() {
                page.done = page.t(if definition.form == Form::Profile { "web-arrived-proposed" } else { "web-again-proposed" });
            }
            if !typed.is_empty() && definition.form == Form::Profile && definition.declared("entered_on").is_some() {
                // It entered this school now, whatever the former one says: the months before are the other's.
                let _ = typed.entry("entered_on".to_owned()).or_insert_with(|| desk.clock().today().to_string());
            }
            if again.is_empty() && definition.form == Form::Profile && takes_rolls(desk)? {
                // A child entered once the school takes its rolls comes now, unless somebody says otherwise: the months before are not its own.
                let came = definition.declared("entered_on").map(|field| (field.code.clone(), desk.clock().today().to_string()));
                typed.extend(came);
            }
            typed.extend(named);
            let of_basis = based_on(desk, &account, &definition, &typed);
            typed.extend(of_basis);
            if let Some(record) = begun(desk, &definition, &typed)? {
                Ok(Err(record))
            } else {
                let form = new_form(desk, &account, page, &definition, &student, Tried::typed(&typed))?;
                desk.noted(&account, "show", shown_in_form(&code, &student), 1);
                Ok(Ok(form))
            }
        })
        .await?;
    match drawn {
        Ok(form) => draw(&form),
        Err(record) => Ok(Redirect::to(&format!("/record/{record}")).into_response()),
    }
}

/// Whether the school takes its rolls here: what is entered from then on is no longer its first day's work.
fn takes_rolls(desk: &Desk) -> Result<bool, Fault> {
    let rolls = desk.replica.definition("dropout_roll").map_err(Fault::from)?;
    desk.replica.has_any(&rolls).map_err(Fault::from)
}

/// What the record that a new one stands on refers to, where the new one refers to the same: the programme of an application.
fn based_on(desk: &Desk, account: &Account, definition: &Definition, typed: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let basis = definition.basis.as_ref().and_then(|field| reach::record(desk, account, typed.get(field)?).ok());
    let Some(Reached { place, definition: of, .. }) = basis else { return BTreeMap::new() };
    let same = definition.fields.iter().filter(|field| {
        field.kind == FieldType::Ref
            && !typed.contains_key(&field.code)
            && of.field(&field.code).is_some_and(|other| other.reference == field.reference)
    });
    let named = same.filter_map(|field| match place.fields.get(&field.code) {
        Some(Value::Str(id)) => Some((field.code.clone(), id.clone())),
        _ => None,
    });
    named.collect()
}

async fn add(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(code): Path<String>,
    request: axum::extract::Request,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-form");
    let lang = visitor.lang;
    if !account.writes(reach::ledger(&desk, &account, &code)?.as_ref()).any() {
        return Err(Fault::new("web-not-yours", Exit::NotAllowed).into());
    }
    let given = files::upload::read(&desk, &account, request).await?;
    let outcome = desk
        .run(move |desk| {
            let _alone = desk.alone();
            let definition = reach::ledger(desk, &account, &code)?;
            let sent = Sent::of(&definition, given.pairs);
            let student = sent.other("_student").to_owned();
            // Asked again here: the form says nothing about who may.
            let form = new_form(desk, &account, page, &definition, &student, Tried::typed(&sent.now))?;
            let mut set: BTreeMap<String, String> =
                sent.now.iter().filter(|(_, text)| !text.trim().is_empty()).map(|(k, v)| (k.clone(), v.clone())).collect();
            let mut refused = given.refused;
            let placed = files::upload::place(&definition, &account, &BTreeMap::new(), &given.taken, &mut refused);
            set.extend(placed.clone());
            let profile = definition.form == Form::Profile;
            let subject = (definition.subject == Subject::Student && !(profile && student.is_empty())).then(|| SubjectRef::Student(student.clone()));
            let twice = begun(desk, &definition, &set)?.map_or(Ok(()), |_| Err(Fault::new("web-month-begun", Exit::Input)));
            let pointed = twice
                .and_then(|()| reach::references(desk, &account, &definition, &set))
                .and_then(|()| own_class(desk, &account, &definition, &BTreeMap::new(), &set));
            let asked = match &pointed {
                Ok(()) => {
                    let child = if profile { "" } else { student.as_str() };
                    asked::before(desk, &account, &definition, child, &set, sent.other("_sure"), lang)?
                }
                Err(_) => None,
            };
            if let Some(asked) = asked {
                let tried = Tried { typed: &sent.now, kept: &given.taken, fault: Some(&asked.fault) };
                let mut drawn = new_form(desk, &account, form.page.clone(), &definition, &student, tried)?;
                drawn.hidden.extend(Some(("_sure".to_owned(), asked.sure)).filter(|(_, sure)| !sure.is_empty()));
                desk.noted_once(&account, "show", shown_in_form(&code, &student), 1);
                let not_taken = files::refusals(&refused, true, lang);
                return Ok(Err((FormPage { page: form.page, not_taken, there: asked.there, ..drawn }, status(&asked.fault))));
            }
            let request = Request::RecordAdd { ledger: code.clone(), subject, year: None, set, by: Some(account.name.clone()) };
            match pointed.and_then(|()| desk.ask(&account, request, lang)) {
                Ok(done) => {
                    let record = done["record"].as_str().unwrap_or_default().to_owned();
                    let gaps = done["gaps"].as_array().map_or(0, Vec::len);
                    if !placed.is_empty() {
                        desk.replica.files_named(&record, &placed).map_err(Fault::from)?;
                    }
                    // A file that was not taken is said on the record, where it can be chosen again.
                    let (undo, note) = (undo_word(&done), files::note(desk, &account, refused));
                    Ok(Ok(match sent.other("_another") {
                        "" if profile && note.is_empty() => format!("/child/{record}?saved={gaps}{undo}"),
                        _ if profile && !note.is_empty() => format!("/record/{record}/edit?files=0{note}"),
                        another if another.is_empty() || !note.is_empty() => format!("/record/{record}?saved={gaps}{undo}{note}"),
                        _ => format!("/ledger/{code}/new?student={student}&saved={gaps}&last={record}{undo}"),
                    }))
                }
                Err(fault) if mends(&fault) || fault.exit == Exit::NoMatch => {
                    let drawn = new_form(
                        desk,
                        &account,
                        form.page.clone(),
                        &definition,
                        &student,
                        Tried { typed: &sent.now, kept: &given.taken, fault: Some(&fault) },
                    )?;
                    desk.noted_once(&account, "show", shown_in_form(&code, &student), 1);
                    let not_taken = files::refusals(&refused, true, lang);
                    Ok(Err((FormPage { page: form.page, not_taken, ..drawn }, status(&fault))))
                }
                Err(fault) => Err(fault),
            }
        })
        .await?;
    after(outcome)
}

/// Who writes some classes only puts no child into another: it would be gone for them. Nor is what names a class written of another.
pub(super) fn own_class(
    desk: &Desk,
    account: &Account,
    definition: &Definition,
    known: &BTreeMap<String, Value>,
    set: &BTreeMap<String, String>,
) -> Result<(), Fault> {
    let Reach::Classes(own) = account.writes(definition) else { return Ok(()) };
    let moves = definition.form == Form::Profile && ["grade", "class"].iter().any(|code| set.contains_key(*code));
    if !moves && !definition.by_class() {
        return Ok(());
    }
    let mut fields = known.clone();
    // What is emptied names no class.
    fields.retain(|code, _| !set.contains_key(code));
    fields.extend(fits::so_far(desk, definition, None, set));
    if reach::class_in(&fields).is_some_and(|class| own.contains(&class)) { Ok(()) } else { Err(Fault::new("web-class-not-yours", Exit::Input)) }
}

/// What a form shows of those it is about: the child's name and class, what is known already, records to choose from.
fn shown_in_form(code: &str, student: &str) -> String {
    if student.is_empty() { format!("form {code}") } else { format!("form {code} student:{student}") }
}

/// What a redirect says of what can be taken back.
#[must_use]
pub fn undo_word(done: &serde_json::Value) -> String {
    done["undo"].as_str().map(|id| format!("&undo={id}")).unwrap_or_default()
}

/// Judges one field as the engine will; the answer stands beside the field.
async fn check(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(code): Path<String>,
    RawForm(body): RawForm,
) -> Result<Response, Oops> {
    let account = visitor.person()?;
    let definition = reach::ledger(&desk, account, &code)?;
    let sent = Sent::read(&definition, &body);
    let catalogue = desk.replica.catalogue();
    let student = Some(sent.other("_student")).filter(|doc| !doc.is_empty());
    let so_far = fits::so_far(&desk, &definition, student, &sent.now);
    let must = must_now(&definition, &sent, &so_far, visitor.lang);
    let wrong = definition.field(sent.other("_field")).and_then(|field| {
        let text = sent.now.get(&field.code)?;
        let mut siblings = BTreeMap::new();
        if let Some(kind) = sent.now.get("id_type") {
            siblings.insert("id_type".to_owned(), crate::document::view::Value::Str(kind.clone()));
        }
        value::read(&catalogue, &definition, field, text, &siblings).err()
    });
    if wrong.is_none() {
        let found = fits::about(&desk, &definition, &so_far, sent.other("_field"));
        let said = found
            .iter()
            .map(|finding| beside(if finding.blocks { "error" } else { "challenge" }, &sentence(&finding.fault(&definition), visitor.lang)));
        let outside =
            fits::outside(&desk, &definition, sent.other("_field"), sent.now.get(sent.other("_field")).map_or("", String::as_str), visitor.lang);
        let outside = outside.map(|sentence| beside("challenge", &sentence));
        return Ok(Html(said.chain(outside).collect::<Result<String, Fault>>()? + &must).into_response());
    }
    Ok(match wrong {
        Some(error) => Html(beside("error", &sentence(&error.fault(), visitor.lang))? + &must).into_response(),
        None => Html(must).into_response(),
    })
}

/// A sentence beside a field.
fn beside(class: &str, sentence: &str) -> Result<String, Fault> {
    Ok(format!("<span class=\"{class}\">{}</span>", askama::filters::escape(sentence, askama::filters::Html).map_err(Fault::internal)?))
}

/// Which fields must be filled now that this is filled in, put beside them: what is said only once it is saved is said too late.
fn must_now(definition: &Definition, sent: &Sent, so_far: &BTreeMap<String, Value>, lang: locale::Lang) -> String {
    let mut out = String::new();
    // Of the fields that stand in the form: what is not there has no place for it.
    for field in definition.fields.iter().filter(|field| sent.now.contains_key(&field.code)) {
        let Required::When(condition) = &field.required else { continue };
        let word = if condition.holds(so_far, None) { locale::text(lang, "web-must", &[]) } else { String::new() };
        // Writing to a String cannot fail; codes are letters, digits and underscores.
        let _ = write!(out, "<span class=\"must\" id=\"must-{}\" hx-swap-oob=\"true\">{word}</span>", field.code);
    }
    out
}

/// Where a refused form is mended. A question is read first: it stands above the fields.
fn mend(inputs: &mut Inputs, fault: &Fault) {
    if fault.exit != Exit::Found {
        inputs.mend();
    }
}

fn edit_form(desk: &Desk, account: &Account, page: Page, id: &str, tried: Tried<'_>) -> Result<FormPage, Fault> {
    let Tried { typed, kept, fault } = tried;
    let Reached { place, definition, pupil, .. } = reach::writable(desk, account, id)?;
    let (catalogue, lang) = (desk.replica.catalogue(), page.lang);
    // What a rule opened, nobody has copied yet.
    let mut filled = fits::of_file(desk, account, &definition, pupil.as_ref().map_or("", |p| p.student.as_str()), lang)?;
    filled.retain(|code, _| !is_filled(&place.fields, code));
    filled.extend(typed.clone());
    let drawing = Drawing { catalogue: &catalogue, definition: &definition, account, fields: &place.fields, typed: &filled, fault, lang, new: false };
    let mut inputs = drawing.inputs();
    let doc = pupil.as_ref().map(|p| p.student.as_str());
    targets(desk, account, &definition, doc, &mut inputs.first, lang)?;
    targets(desk, account, &definition, doc, &mut inputs.more, lang)?;
    files::offer(desk, account, &definition, &place.fields, kept, &mut inputs, lang)?;
    let disputed = conflicts::held(desk, &definition, &place.id, lang)?;
    // What awaits a choice stands where it is seen, filled or not.
    let (waiting, more) = inputs.more.into_iter().partition(|input| disputed.contains_key(&input.code));
    inputs.more = more;
    inputs.first.splice(0..0, waiting);
    for input in &mut inputs.first {
        if let Some(held) = disputed.get(&input.code) {
            hold(input, held, lang);
        }
    }
    let state = shown::state(&definition, place.state.as_deref(), lang);
    for field in fixed_fields(&place, &definition) {
        let said = cells::text(&desk.replica, &catalogue, &definition, field, &place.fields, lang);
        let add = (format!("/record/{id}"), locale::text(lang, "web-fixed-steps", &[]));
        stands(&mut inputs, field, (String::new(), said), locale::text(lang, "web-fixed", &[("value", &state)]), add);
    }
    for (field, step) in desk.replica.days_of_steps(&place, &definition).map_err(Fault::from)? {
        let step = step.title.get(lang);
        let said = value::show(&catalogue, &definition, field, &place.fields, lang);
        let add = (format!("/record/{id}#redate"), locale::text(lang, "web-redate-do", &[]));
        stands(&mut inputs, field, (step.to_owned(), said), locale::text(lang, "web-day-of-step", &[("value", step)]), add);
    }
    if let Some(fault) = fault {
        mend(&mut inputs, fault);
    }
    Ok(FormPage {
        offer: None,
        action: page.post_at("/record", id, "/edit"),
        check: page.post_at("/ledger", &definition.code, "/check"),
        whose: pupil.as_ref().map(|p| format!("{} · {}", p.name, shown::class(p.grade, p.class, lang))).unwrap_or_default(),
        said: fault.map(|f| Said::of(f, lang)),
        there: Vec::new(),
        not_taken: None,
        cancel: if definition.form == Form::Profile { format!("/child/{id}") } else { format!("/record/{id}") },
        hidden: Vec::new(),
        another: false,
        page: page.titled(format!("{} · {}", definition.title.get(lang), locale::text(lang, "web-edit", &[]))),
        inputs,
    })
}

/// A field that stands as it is: where from and what it says, why, and the way on. One that awaits a choice says that instead.
fn stands(inputs: &mut Inputs, field: &Field, (from, said): (String, String), why: String, way_on: (String, String)) {
    if let Some(input) = inputs.first.iter_mut().chain(&mut inputs.more).find(|input| input.code == field.code && input.kind != "held") {
        input.options = vec![Option_ { code: from, title: said, on: false }];
        (input.kind, input.required) = ("held", "");
        (input.help, input.add) = (why, way_on);
    }
}

/// A field that awaits a choice: its values and where to choose, nothing to write in. What was typed before anybody knew stands beside them.
pub(super) fn hold(input: &mut Input, held: &Held, lang: crate::locale::Lang) {
    let shown = |(value, wrote): &(String, String)| Option_ { code: wrote.clone(), title: value.clone(), on: false };
    let chosen = || input.options.iter().filter(|o| o.on).map(|o| o.title.as_str()).collect::<Vec<_>>().join(" ");
    let typed = (input.value != input.was).then(|| if input.options.is_empty() { input.value.clone() } else { chosen() });
    input.options = held.values.iter().map(shown).collect();
    if let Some(value) = typed.filter(|typed| !typed.is_empty()) {
        input.options.push(Option_ { code: locale::text(lang, "web-held-typed", &[]), title: value, on: false });
    }
    (input.kind, input.required) = ("held", "");
    input.help = locale::text(lang, "web-held", &[]);
    input.add = (held.href.clone(), locale::text(lang, "web-held-settle", &[]));
}

/// That nothing written here awaits a choice: it came up while the form was open.
pub(super) fn undisputed(
    desk: &Desk,
    definition: &Definition,
    id: &str,
    set: &BTreeMap<String, String>,
    lang: crate::locale::Lang,
) -> Result<(), Fault> {
    let disputed = conflicts::held(desk, definition, id, lang)?;
    let hit: Vec<&str> =
        set.keys().filter(|code| disputed.contains_key(*code)).filter_map(|code| Some(definition.field(code)?.title.get(lang))).collect();
    let separator = if lang == crate::locale::Lang::Zh { "、" } else { ", " };
    if hit.is_empty() { Ok(()) } else { Err(Fault::new("web-field-held", Exit::Found).with("value", hit.join(separator))) }
}

async fn edit(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    Query(asked): Query_,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-form");
    let drawn = desk
        .run(move |desk| {
            let not_taken = asked.get("note").and_then(|token| files::said(desk, &account, token, page.lang));
            // Fields named in the address are filled in, and not saved: what the roll says of a child's file.
            let definition = reach::record(desk, &account, &id)?.definition;
            let named: BTreeMap<String, String> =
                asked.iter().filter(|(key, _)| definition.declared(key).is_some()).map(|(key, text)| (key.clone(), text.clone())).collect();
            let form = edit_form(desk, &account, page, &id, Tried::typed(&named))?;
            desk.noted(&account, "show", format!("record {id}"), 1);
            Ok(FormPage { not_taken, ..form })
        })
        .await?;
    draw(&drawn)
}

async fn save(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    request: axum::extract::Request,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let (page, lang) = (Page::of(&desk, &visitor, "web-form"), visitor.lang);
    let (asked, who) = (id.clone(), account.clone());
    desk.run(move |desk| reach::writable(desk, &who, &asked).map(drop)).await?;
    let given = files::upload::read(&desk, &account, request).await?;
    let outcome = desk
        .run(move |desk| {
            let reached = reach::writable(desk, &account, &id)?;
            let sent = Sent::of(&reached.definition, given.pairs);
            let (mut set, mut refused) = (sent.changed(), given.refused);
            let placed = files::upload::place(&reached.definition, &account, &reached.place.fields, &given.taken, &mut refused);
            set.extend(placed.clone());
            let profile = reached.definition.form == Form::Profile;
            let page_of = match (profile, refused.is_empty()) {
                (true, true) => format!("/child/{id}"),
                (true, false) => format!("/record/{id}/edit"),
                (false, _) => format!("/record/{id}"),
            };
            if set.is_empty() {
                let note = files::note(desk, &account, refused);
                return Ok(Ok(if note.is_empty() { page_of } else { format!("{page_of}?files=0{note}") }));
            }
            let pointed = reach::references(desk, &account, &reached.definition, &set)
                .and_then(|()| own_class(desk, &account, &reached.definition, &reached.place.fields, &set))
                .and_then(|()| undisputed(desk, &reached.definition, &reached.place.id, &set, lang))
                .and_then(|()| newer::none(desk, &account, &reached, &sent, lang))
                .and_then(|()| fits::asked_for(desk, &account, &reached.definition, &reached.place, &set, sent.other("_gaps"), lang));
            match pointed.and_then(|()| desk.ask(&account, Request::RecordSet { record: id.clone(), set, by: Some(account.name.clone()) }, lang)) {
                Ok(done) => {
                    if !placed.is_empty() {
                        desk.replica.files_named(&id, &placed).map_err(Fault::from)?;
                    }
                    let note = files::note(desk, &account, refused);
                    Ok(Ok(format!("{page_of}?saved={}{}{note}", done["gaps"].as_array().map_or(0, Vec::len), undo_word(&done))))
                }
                Err(fault) if mends(&fault) => {
                    // Only what was changed stands as it was typed: what was left alone shows what stands there now.
                    let mut drawn = edit_form(desk, &account, page, &id, Tried { typed: &sent.changed(), kept: &given.taken, fault: Some(&fault) })?;
                    drawn.hidden.extend(fits::told_gaps(&fault));
                    desk.noted_once(&account, "show", format!("record {id}"), 1);
                    Ok(Err((FormPage { not_taken: files::refusals(&refused, true, lang), ..drawn }, status(&fault))))
                }
                Err(fault) => Err(fault),
            }
        })
        .await?;
    after(outcome)
}
