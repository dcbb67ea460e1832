//! Rows as a person left them, become one [`Request::Batch`]: who may is asked here row by row, everything else is judged by the engine. The same way for looking and for
//! saving, so that what was promised is what is done.
//!
//! Long as it is, this is one room: what is judged, who may, and how it is said of a row are read together.

use super::{
    super::{
        account::Account,
        children,
        desk::Desk,
        entry,
        files::upload::attachment,
        fits,
        page::{Said, next_here},
        reach, shown,
    },
    asks::{Asks, Question},
    lines::{self, Targets},
    near, trouble,
};
use crate::{
    command::{
        Request, batch, cells, classes,
        request::{Item, SubjectRef},
    },
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{
        Definition, FieldType,
        definition::{Form, Subject},
    },
    locale::{self, Lang},
    replica::{ReplicaError, browse::Pupil},
};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Names said at most of what there is to choose from.
const NAMED_MAX: usize = 12;

/// A cell as it was and as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Change {
    /// What the grid showed; `None`: whatever stands there.
    #[serde(default)]
    pub(super) was: Option<String>,
    /// What the person wrote.
    pub(super) now: String,
}

/// A row that was edited.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Edited {
    /// As [`lines::Line::key`].
    pub(super) key: String,
    /// Whose a new row is, as typed: name or number.
    #[serde(default)]
    pub(super) child: String,
    /// What is wrong with the row before the engine sees it, as [`trouble::no_place`] says it.
    #[serde(default)]
    pub(super) trouble: String,
    /// What was shown of others like it when the person said that this one is meant ([`Question::sure`]).
    #[serde(default)]
    pub(super) sure: String,
    /// Field → change.
    #[serde(default)]
    pub(super) cells: BTreeMap<String, Change>,
}

/// One step for all rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StepFor {
    /// Its code.
    pub(super) step: String,
    /// Fields set along.
    #[serde(default)]
    pub(super) set: BTreeMap<String, String>,
    /// Date; empty: today.
    #[serde(default)]
    pub(super) on: String,
    /// Why.
    #[serde(default)]
    pub(super) why: String,
}

/// What a person wants done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Act {
    /// Rows.
    pub(super) rows: Vec<Edited>,
    /// A step for all of them.
    #[serde(default)]
    pub(super) step: Option<StepFor>,
}

/// A cell that moves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Moved {
    /// Field code.
    pub(super) field: String,
    /// Title.
    pub(super) title: String,
    /// From.
    pub(super) from: String,
    /// To.
    pub(super) to: String,
}

/// A cell that is refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Refused {
    /// Field code.
    pub(super) field: String,
    /// Title.
    pub(super) title: String,
    /// What was written.
    pub(super) text: String,
    /// Why.
    pub(super) message: String,
    /// What somebody else wrote meanwhile.
    pub(super) theirs: Option<String>,
}

/// A cell that is taken and looks wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Warning {
    /// Fields it is about.
    pub(super) fields: Vec<String>,
    /// What the definition's check says.
    pub(super) message: String,
}

/// What becomes of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Verdict {
    /// Row, as asked.
    pub(super) key: String,
    /// Whose, or which record.
    pub(super) label: String,
    /// It is, or would be, a record of this id; a new one.
    pub(super) record: String,
    /// A new record.
    pub(super) new: bool,
    /// Something is written.
    pub(super) changed: bool,
    /// State after the step.
    pub(super) to: String,
    /// Cells that move.
    pub(super) cells: Vec<Moved>,
    /// Cells that are refused.
    pub(super) refused: Vec<Refused>,
    /// Why the row as a whole is refused.
    pub(super) message: String,
    /// What to do.
    pub(super) next: String,
    /// Files that the step asks of the record and that are not there.
    pub(super) files: String,
    /// What is still missing, and is a work item.
    pub(super) gaps: Vec<String>,
    /// What looks wrong and is taken all the same.
    pub(super) warnings: Vec<Warning>,
    /// What is asked before it is written.
    pub(super) asked: Option<Question>,
    /// The person has not said yet that it is meant: it is not written.
    pub(super) waits: bool,
}

impl Verdict {
    /// Nothing of it is refused.
    pub(super) fn good(&self) -> bool {
        self.message.is_empty() && self.refused.is_empty()
    }
}

/// What becomes of all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct Judged {
    /// Row by row, in the order asked.
    pub(super) rows: Vec<Verdict>,
    /// Cells that move.
    pub(super) cells: usize,
    /// Records that are new.
    pub(super) new: usize,
    /// Rows that are written.
    pub(super) changed: usize,
    /// Cells and rows refused.
    pub(super) refused: usize,
    /// Rows that wait for an answer.
    pub(super) asked: usize,
    /// Id to take the batch back by.
    pub(super) batch: Option<String>,
}

/// Judges what is wanted; `save` writes what can be done.
///
/// # Errors
/// `batch-large`; the store's. What cannot be done is in the answer.
pub(super) fn judge(desk: &Desk, account: &Account, definition: &Definition, act: &Act, save: bool, lang: Lang) -> Result<Judged, Fault> {
    batch::fits(act.rows.len())?;
    let _alone = save.then(|| desk.alone());
    let pupils = if definition.subject == Subject::Student {
        children::pupils(desk, account, desk.replica.this_year().map_err(Fault::from)?)?
    } else {
        Vec::new()
    };
    let targets = lines::targets(desk, account, definition, lang)?;
    let asking = Asking { desk, account, definition, pupils: &pupils, targets: &targets, lang };
    let (mut verdicts, mut items, mut places) = (Vec::new(), Vec::new(), Vec::new());
    let mut asks = Asks::new(desk, account, definition, lang);
    for row in &act.rows {
        let mut verdict = Verdict { key: row.key.clone(), label: row.child.clone(), ..Verdict::default() };
        match asking.item(row, act.step.as_ref(), &mut verdict) {
            Ok(Some(item)) => {
                if asking.goes(&item, row, &mut asks, &mut verdict, save)? {
                    places.push(verdicts.len());
                    items.push(item);
                }
            }
            Ok(None) => {}
            Err(fault) if matches!(fault.exit, Exit::Input | Exit::NoMatch | Exit::NotAllowed) => {
                let Said { sentence, next, .. } = Said::of(&fault, lang);
                (verdict.message, verdict.next) = (sentence, next.unwrap_or_default());
            }
            Err(fault) => return Err(fault),
        }
        verdicts.push(verdict);
    }
    let request = Request::Batch { ledger: definition.code.clone(), items, dry_run: !save, by: Some(account.name.clone()) };
    let answer = desk.ask(account, request, lang)?;
    for (place, said) in places.iter().zip(answer["items"].as_array().into_iter().flatten()) {
        if let Some(verdict) = verdicts.get_mut(*place) {
            fill(verdict, said, lang);
            verdict.changed &= !verdict.waits;
            for cell in verdict.refused.iter_mut().filter(|cell| cell.title.is_empty()) {
                cell.title = definition.field(&cell.field).map_or(cell.field.as_str(), |field| field.title.get(lang)).to_owned();
            }
        }
    }
    let count = |of: fn(&Verdict) -> usize| verdicts.iter().map(of).sum::<usize>();
    Ok(Judged {
        cells: count(|v| if v.waits { 0 } else { v.cells.len() }),
        new: count(|v| usize::from(v.new && v.changed)),
        changed: count(|v| usize::from(v.changed)),
        refused: count(|v| v.refused.len() + usize::from(!v.message.is_empty())),
        asked: count(|v| usize::from(v.waits)),
        batch: answer["batch"].as_str().map(str::to_owned),
        rows: verdicts,
    })
}

/// What the engine said of a row.
fn fill(verdict: &mut Verdict, said: &Json, lang: Lang) {
    let word = |value: &Json, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let list = |key: &str| said[key].as_array().into_iter().flatten();
    verdict.changed = said["changed"] == Json::Bool(true);
    verdict.new = said["new"] == Json::Bool(true);
    verdict.record = word(said, "record");
    verdict.to = word(said, "to");
    verdict.cells =
        list("cells").map(|c| Moved { field: word(c, "field"), title: word(c, "title"), from: word(c, "from"), to: word(c, "to") }).collect();
    verdict.gaps = list("gaps").filter_map(|gap| gap.as_str().map(str::to_owned)).collect();
    let warned = list("warnings").map(|w| Warning {
        fields: w["fields"].as_array().into_iter().flatten().filter_map(|code| code.as_str().map(str::to_owned)).collect(),
        message: word(w, "message"),
    });
    verdict.warnings = warned.collect();
    let refused = list("refused").map(|c| Refused {
        field: word(c, "field"),
        title: word(c, "title"),
        text: word(c, "text"),
        message: word(c, "message"),
        theirs: c["theirs"].as_str().map(str::to_owned),
    });
    verdict.refused.extend(refused);
    if said["accept"] != Json::Bool(true) {
        verdict.message = word(said, "message");
        verdict.next = next_here(word(said, "next"), lang);
        // A whole row refused: what stands behind the sentence, cell by cell; what is of no cell in place of the sentence, which only counts them.
        let (of_cells, of_row): (Vec<&Json>, Vec<&Json>) = list("details").partition(|d| d["field"].is_string());
        let of_row = lang.sentences(of_row.into_iter().map(|d| word(d, "message")));
        if !of_row.is_empty() {
            verdict.message.clone_from(&of_row);
        }
        verdict.refused.extend(of_cells.into_iter().map(|d| Refused { field: word(d, "field"), message: word(d, "message"), ..Refused::default() }));
        if verdict.refused.is_empty() && said["field"].is_string() {
            verdict.refused.push(Refused { field: word(said, "field"), message: verdict.message.clone(), ..Refused::default() });
        }
        if !verdict.refused.is_empty() {
            // Said beside the cells.
            verdict.message = of_row;
        }
    }
}

struct Asking<'a> {
    desk: &'a Desk,
    account: &'a Account,
    definition: &'a Definition,
    pupils: &'a [Pupil],
    targets: &'a Targets,
    lang: Lang,
}

impl Asking<'_> {
    /// The row as an act; `None` if nothing was written in it.
    fn item(&self, row: &Edited, step: Option<&StepFor>, verdict: &mut Verdict) -> Result<Option<Item>, Fault> {
        if let Some(fault) = trouble::no_place(&row.trouble, &row.child) {
            return Err(fault);
        }
        if let Some(student) = row.key.strip_prefix('+') {
            return self.added(row, student, verdict);
        }
        let reached = reach::writable(self.desk, self.account, &row.key)?;
        let catalogue = self.desk.replica.catalogue();
        verdict.label = match &reached.pupil {
            Some(pupil) => pupil.name.clone(),
            None => crate::replica::names::label(&catalogue, &reached.definition, &reached.place.fields, self.lang),
        };
        if let Some(step) = step {
            reach::step(self.account, &reached.definition, &step.step, self.lang)?;
            let word = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
            // As with a cell: what the person does not fill here, a file above all, is not written from here.
            let fields = lines::fields(self.account, self.definition);
            if let Some(code) = step.set.keys().find(|code| !fields.iter().any(|field| field.code == **code)) {
                return Err(self.not_filled_here(code));
            }
            verdict.files = self.files_lacking(&reached.definition, &step.step, &reached.place.fields);
            if !verdict.files.is_empty() {
                return Err(Fault::new("grid-step-file", Exit::Input).with("titles", &verdict.files));
            }
            let set: BTreeMap<String, String> =
                step.set.iter().filter(|(_, text)| !text.trim().is_empty()).map(|(code, text)| (code.clone(), self.resolved(code, text))).collect();
            reach::references(self.desk, self.account, self.definition, &set)?;
            return Ok(Some(Item::Step { record: row.key.clone(), step: step.step.clone(), set, on: word(&step.on), why: word(&step.why) }));
        }
        let mut set = self.cells(row, verdict);
        classes::read(self.definition, &reached.place.fields, &mut set);
        let says = |code: &str, text: &str| {
            let field = self.definition.field(code);
            field.is_some_and(|field| cells::says(&self.desk.replica, &catalogue, self.definition, field, &reached.place.fields, text))
        };
        // A label typed again points where the cell points already.
        set.retain(|code, text| !says(code, text));
        self.known(&set)?;
        self.desk.replica.name_records(self.definition, &reached.place.doc.to_string(), &mut set).map_err(Fault::from)?;
        reach::references(self.desk, self.account, self.definition, &set)?;
        entry::own_class(self.desk, self.account, self.definition, &reached.place.fields, &set)?;
        let was = row.cells.iter().filter_map(|(code, change)| Some((code.clone(), self.resolved(code, change.was.as_deref()?))));
        Ok(if set.is_empty() { None } else { Some(Item::Set { record: row.key.clone(), was: was.collect(), set }) })
    }

    /// Whether the row goes to the engine: what is asked about is shown there and not written.
    fn goes(&self, item: &Item, row: &Edited, asks: &mut Asks<'_>, verdict: &mut Verdict, save: bool) -> Result<bool, Fault> {
        let new = matches!(item, Item::Add { .. });
        let question = match item {
            Item::Add { subject, set } => asks.of(if let Some(SubjectRef::Student(student)) = subject { student } else { "" }, set)?,
            Item::Set { record, set, .. } => asks.of_change(record, set)?,
            Item::Step { .. } => None,
        };
        let Some(question) = question else { return Ok(true) };
        if question.sure.is_empty() {
            // It is there: no second one, whatever the person says.
            let there: Vec<&str> = question.there.iter().map(|(_, name)| name.as_str()).collect();
            (verdict.message, verdict.next) = (format!("{} {}", question.said, there.join(" ")).trim_end().to_owned(), question.next);
            return Ok(false);
        }
        verdict.waits = row.sure != question.sure;
        verdict.new = new;
        verdict.asked = Some(question);
        Ok(!(save && verdict.waits))
    }

    fn added(&self, row: &Edited, student: &str, verdict: &mut Verdict) -> Result<Option<Item>, Fault> {
        let mut set = self.cells(row, verdict);
        classes::read(self.definition, &BTreeMap::new(), &mut set);
        set.retain(|_, text| !text.trim().is_empty());
        let by_child = self.definition.subject == Subject::Student && self.definition.form == Form::Records;
        if set.is_empty() && (row.child.trim().is_empty() || !student.is_empty()) {
            return Ok(None);
        }
        if !set.is_empty() && self.definition.form == Form::Records {
            // As the form proposes it, and said as what is written.
            set.entry("on".to_owned()).or_insert_with(|| self.desk.clock().today().to_string());
        }
        let writes = self.account.writes(self.definition);
        if !by_child {
            self.choose("", &mut set);
            self.known(&set)?;
            reach::references(self.desk, self.account, self.definition, &set)?;
            entry::own_class(self.desk, self.account, self.definition, &BTreeMap::new(), &set)?;
            return if writes.any() { Ok(Some(Item::Add { subject: None, set })) } else { Err(Fault::new("web-not-yours", Exit::NotAllowed)) };
        }
        let pupil = if student.is_empty() { self.named(row.child.trim())? } else { reach::child(self.desk, self.account, student)?.0 };
        verdict.label.clone_from(&pupil.name);
        if !writes.holds(reach::class_of(&pupil)) {
            return Err(Fault::new("web-not-yours", Exit::NotAllowed));
        }
        self.choose(&pupil.student, &mut set);
        self.known(&set)?;
        self.desk.replica.name_records(self.definition, &pupil.student, &mut set).map_err(Fault::from)?;
        let so_far = fits::so_far(self.desk, self.definition, Some(&pupil.student), &set);
        set.extend(self.desk.replica.only_fitting(self.definition, &pupil.student, &so_far).map_err(Fault::from)?);
        reach::references(self.desk, self.account, self.definition, &set)?;
        Ok(Some(Item::Add { subject: Some(SubjectRef::Student(pupil.student)), set }))
    }

    /// Of several records of one name (a programme and its earlier standard) the one that the definition's checks have nothing against in this row.
    fn choose(&self, student: &str, set: &mut BTreeMap<String, String>) {
        for (code, text) in set.clone() {
            let Some(rows) = self.targets.get(&code).and_then(|labels| labels.several.get(text.trim())) else { continue };
            let so_far = fits::so_far(self.desk, self.definition, Some(student).filter(|doc| !doc.is_empty()), set);
            let (rows, apart) = fits::sorted(self.desk, self.definition, &code, &so_far, rows.clone());
            if rows.len() - apart == 1 {
                set.extend(rows.first().map(|row| (code, row.id.clone())));
            }
        }
    }

    /// That what is not a child's own and is named in these cells is there; else what there is to choose from.
    fn known(&self, set: &BTreeMap<String, String>) -> Result<(), Fault> {
        let on = set.get("on").cloned().unwrap_or_else(|| self.desk.clock().today().to_string());
        for (code, text) in set.iter().filter(|(_, text)| !text.trim().is_empty()) {
            let (Some(labels), Some(field)) = (self.targets.get(code), self.definition.field(code)) else { continue };
            match self.desk.replica.referred(text, field.reference.as_deref(), &on) {
                Err(ReplicaError::Fault(fault)) if fault.code == "record-none" => {
                    let names: Vec<&str> = labels.one.keys().chain(labels.several.keys()).map(String::as_str).take(NAMED_MAX).collect();
                    let code = if names.is_empty() { "import-ref-none" } else { "import-ref-none-of" };
                    let fault = Fault::new(code, Exit::Input).with("title", field.title.get(self.lang)).with("ref", text);
                    return Err(fault.with("names", names.join(self.lang.comma())));
                }
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// The child a person means by a name or a number, among those in reach.
    fn named(&self, text: &str) -> Result<Pupil, Fault> {
        let plain: String = text.split_whitespace().collect();
        if plain.is_empty() {
            return Err(Fault::new("grid-no-child", Exit::Input));
        }
        let same = |number: &Option<String>| number.as_deref().is_some_and(|n| n.eq_ignore_ascii_case(&plain));
        let fits = |p: &&Pupil| p.student == plain || p.name == text || p.name == plain || same(&p.id_no) || same(&p.student_no);
        let found: Vec<&Pupil> = self.pupils.iter().filter(fits).collect();
        match found.as_slice() {
            [one] => Ok((*one).clone()),
            [] => {
                let near = self.pupils.iter().filter(|p| near::one_off(&p.name, &plain)).take(5);
                let near: Vec<String> = near.map(|p| format!("{} {}", p.name, shown::class(p.grade, p.class, self.lang))).collect();
                let code = if near.is_empty() { "grid-child-none" } else { "grid-child-near" };
                Err(Fault::new(code, Exit::NoMatch).with("ref", text).with("list", near.join(self.lang.comma())))
            }
            several => {
                let classes: Vec<String> = several.iter().take(5).map(|p| shown::class(p.grade, p.class, self.lang)).collect();
                let list = classes.join(if self.lang == Lang::Zh { "、" } else { ", " });
                Err(Fault::new("grid-child-several", Exit::NoMatch).with("ref", text).with("count", several.len()).with("list", list))
            }
        }
    }

    /// What was written, in fields the person fills; the rest is refused here.
    fn cells(&self, row: &Edited, verdict: &mut Verdict) -> BTreeMap<String, String> {
        let fields = lines::fields(self.account, self.definition);
        let mut set = BTreeMap::new();
        for (code, change) in &row.cells {
            if fields.iter().any(|f| f.code == *code) {
                set.insert(code.clone(), self.resolved(code, &change.now));
            } else {
                let (message, _) = locale::fault(self.lang, &self.not_filled_here(code));
                verdict.refused.push(Refused { field: code.clone(), title: self.title(code), text: change.now.clone(), message, theirs: None });
            }
        }
        set
    }

    fn title(&self, code: &str) -> String {
        self.definition.field(code).map_or(code, |field| field.title.get(self.lang)).to_owned()
    }

    fn not_filled_here(&self, code: &str) -> Fault {
        Fault::new("field-not-yours", Exit::NotAllowed).with("field", self.title(code))
    }

    /// Titles of the files that a step asks of a record and that are not there: nothing else about it need be asked before.
    fn files_lacking(&self, definition: &Definition, step: &str, fields: &BTreeMap<String, Value>) -> String {
        let Some(step) = definition.lifecycle.as_ref().and_then(|lifecycle| lifecycle.step(step)) else { return String::new() };
        let files =
            definition.required_for(step).into_iter().filter(|field| field.kind == FieldType::File && shown::sees(self.account, definition, field));
        let lacking = files.filter(|field| attachment(fields, &field.code).is_none()).map(|field| field.title.get(self.lang));
        lacking.collect::<Vec<_>>().join(self.lang.comma())
    }

    /// A label chosen from a list as the record it stands for.
    fn resolved(&self, code: &str, text: &str) -> String {
        self.targets.get(code).and_then(|labels| labels.one.get(text.trim())).cloned().unwrap_or_else(|| text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_wrong_with_a_row_is_said_and_not_only_counted() {
        let detail = |field: Json, message: &str| json!({ "field": field, "message": message });
        let said = |details: Json| {
            let mut verdict = Verdict::default();
            fill(&mut verdict, &json!({ "accept": false, "message": "有 2 处不符合规定，没有保存：", "details": details }), Lang::Zh);
            (verdict.message, verdict.refused.len())
        };
        assert_eq!(said(json!([detail(Json::Null, "甲。"), detail(Json::Null, "乙。")])), ("甲。乙。".to_owned(), 0));
        assert_eq!(said(json!([detail(json!("amount"), "甲。"), detail(Json::Null, "乙。")])), ("乙。".to_owned(), 1), "beside what is of a cell");
        assert_eq!(said(json!([detail(json!("amount"), "甲。")])).1, 1);
    }
}
