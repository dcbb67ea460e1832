//! Forms to take along on paper, for any ledger: the child's name, class, address, guardians and phone filled in, boxes to tick and lines to write on, made from
//! the definition in force: what the form on the screen shows at once. What is written on it is entered afterwards as any record.
//!
//! Invariant: no field of class C is on a form that leaves the house.

use super::{
    super::{account::Account, desk::Desk, form, reach, shown},
    choice::Choice,
};
use crate::{
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{
        Catalogue, Definition, FieldType,
        definition::{Authority, Choice as Choice_, Field, Form, Privacy, Required, Subject},
        value,
    },
    locale::{self, Lang},
    replica::{
        browse::{Pupil, Wanted},
        names,
    },
};
use std::collections::BTreeMap;

/// Empty forms of no child in particular at most.
const COPIES_MAX: usize = 100;
/// What a visitor needs of the profile.
const HEAD: [&str; 8] = ["sex", "birth", "guardian", "guardian_rel", "guardian_phone", "village", "address", "household_card"];

/// Records to tick of those a field may name; of more there is a line to write on.
const BOXES_MAX: u32 = 8;
/// Height of an upright sheet for fields: A4 less its margins (31 mm), the line at its head and the title (22 mm), and the signatures (28 mm).
const SHEET_MM: u32 = 297 - 31 - 22 - 28;
/// Height of a row of what is known of the child.
const KNOWN_MM: u32 = 9;
/// Half letters in a line of what is known, and of its title: two stand side by side.
const KNOWN_HALVES: (u32, u32) = (32, 14);
/// Between that and the fields.
const GAP_MM: u32 = 4;
/// Half letters in a line of a field, and of its title.
const LINE_HALVES: u32 = 68;
const TITLE_HALVES: u32 = 18;

/// How a field is written on paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Space {
    /// Known already.
    Known(String),
    /// Boxes to tick; several or one.
    Boxes(Vec<String>, bool),
    /// A date, `month` without its day.
    Date(bool),
    /// A line, with a unit behind it.
    Line(String),
    /// Room for some sentences.
    Room,
}

/// A field on a form.
#[derive(Clone, Debug)]
pub struct Slot {
    /// Title.
    pub title: String,
    /// Must be filled.
    pub must: bool,
    /// How.
    pub space: Space,
}

impl Slot {
    /// Needs room for some sentences.
    #[must_use]
    pub fn roomy(&self) -> bool {
        self.space == Space::Room
    }

    /// Height of its row on paper in millimetres, never less than it comes to be (`paper.css`: lines of 6 mm, rows of 10 mm, 20 mm to write sentences).
    fn height_mm(&self) -> u32 {
        let lines = match &self.space {
            Space::Room => return 20,
            Space::Known(text) => width(text).div_ceil(LINE_HALVES),
            Space::Boxes(options, several) => {
                let (mut lines, mut used) = (1, 0);
                for option in options.iter().map(|option| width(option) + 5) {
                    if used + option > LINE_HALVES && used > 0 {
                        (lines, used) = (lines + 1, 0);
                    }
                    used += option;
                }
                // Room for “several”.
                if *several && used + 10 > LINE_HALVES { lines + 1 } else { lines }
            }
            Space::Date(_) | Space::Line(_) => 1,
        };
        6 * lines.max((width(&self.title) + 2).div_ceil(TITLE_HALVES)) + 4
    }
}

/// One form.
#[derive(Clone, Debug)]
pub struct Blank {
    /// Name; empty for one of no child in particular.
    pub name: String,
    /// Class in words.
    pub class: String,
    /// What is known of the child.
    pub known: Vec<(String, String)>,
    /// Fields, sheet by sheet.
    pub sheets: Vec<Vec<Slot>>,
}

/// Whether a ledger has forms to take along: kept by the school, one record a visit or event.
#[must_use]
pub fn has_form(definition: &Definition) -> bool {
    definition.form == Form::Records && definition.may_write(Authority::School) && definition.subject != Subject::County
}

/// Whether a record of the ledger is about a child or its household, so that forms are made child by child.
#[must_use]
pub fn about_children(definition: &Definition) -> bool {
    definition.subject == Subject::Student || definition.declared("household_card").is_some()
}

/// The forms asked for: one a child, or so many copies of none in particular; and how many children were left out because the ledger is not about them.
///
/// # Errors
/// `web-paper-no-form`; those of the children; the store's.
pub fn forms(desk: &Desk, account: &Account, definition: &Definition, choice: &Choice, lang: Lang) -> Result<(Vec<Blank>, usize), Fault> {
    if !has_form(definition) || !account.writes(definition).any() {
        return Err(Fault::new("web-paper-no-form", Exit::NotAllowed));
    }
    let catalogue = desk.replica.catalogue();
    let making = Making { catalogue: &catalogue, definition, others: Making::others(desk, account, definition, lang)?, lang };
    let copies = choice.asked.get("copies").and_then(|text| text.trim().parse::<usize>().ok()).unwrap_or(0).min(COPIES_MAX);
    if copies > 0 || !about_children(definition) {
        let sheets = sheets(making.slots(&BTreeMap::new()), if about_children(definition) { KNOWN_MM + GAP_MM } else { 0 });
        let blank = Blank { name: String::new(), class: String::new(), known: Vec::new(), sheets };
        return Ok((vec![blank; copies.max(1)], 0));
    }
    let profile = desk.replica.definition("enrolment").map_err(Fault::from)?;
    let there = |pupil: &Pupil| choice.student.is_some() || choice.of.is_some() || pupil.status.as_deref() == Some("present");
    // Who is named, or on a list, is meant.
    let named = choice.student.is_some() || choice.of.is_some() || choice.asked.get("all").is_some_and(|text| !text.is_empty());
    let about = definition.about.as_ref().filter(|_| !named);
    let (mut out, mut left_out) = (Vec::new(), 0);
    for pupil in choice.pupils(desk, account)?.into_iter().filter(there) {
        let fields = desk.replica.locate(&pupil.student).map_err(Fault::from)?.fields;
        if about.is_some_and(|code| fields.get(code) != Some(&Value::Bool(true))) {
            left_out += 1;
            continue;
        }
        let known = HEAD.iter().filter_map(|code| profile.field(code)).filter(|f| f.privacy != Privacy::C);
        let known: Vec<(String, String)> =
            known.map(|f| (f.title.get(lang).to_owned(), value::show(&catalogue, &profile, f, &fields, lang))).collect();
        // An address, or a long title, may take more lines than one.
        let needs = |(title, value): &(String, String)| width(value).div_ceil(KNOWN_HALVES.0).max(width(title).div_ceil(KNOWN_HALVES.1));
        let lines = |pair: &[(String, String)]| pair.iter().map(needs).max().unwrap_or(1).max(1);
        let head_mm = known.chunks(2).map(|pair| KNOWN_MM + 6 * (lines(pair) - 1)).sum::<u32>() + KNOWN_MM + GAP_MM;
        out.push(Blank {
            name: pupil.name.clone(),
            class: shown::class(pupil.grade, pupil.class, lang),
            known,
            sheets: sheets(making.slots(&fields), head_mm),
        });
    }
    Ok((out, left_out))
}

/// What one printing of forms is made from.
struct Making<'a> {
    catalogue: &'a Catalogue,
    definition: &'a Definition,
    /// Field that refers to another record → those of the school or the county that it may name, where they are few.
    others: BTreeMap<String, Vec<String>>,
    lang: Lang,
}

impl Making<'_> {
    /// The records there are to name, for boxes: a programme is ticked rather than written.
    fn others(desk: &Desk, account: &Account, definition: &Definition, lang: Lang) -> Result<BTreeMap<String, Vec<String>>, Fault> {
        let (catalogue, names, mut out) = (desk.replica.catalogue(), names::Names::of(&desk.replica, lang), BTreeMap::new());
        for field in definition.fields.iter().filter(|field| written(definition, field)) {
            let target = field.reference.as_deref().and_then(|code| catalogue.latest(code)).filter(|target| target.subject != Subject::Student);
            let Some(target) = target else { continue };
            let rows = desk.replica.page(target, &Wanted { limit: BOXES_MAX + 1, ..Wanted::default() }).map_err(Fault::from)?;
            let rows = if rows.total > BOXES_MAX { Vec::new() } else { reach::rows(desk, account, rows.rows) };
            out.insert(field.code.clone(), rows.iter().filter_map(|row| names.name(&row.id)).collect());
        }
        Ok(out)
    }

    fn slots(&self, profile: &BTreeMap<String, Value>) -> Vec<Slot> {
        let common = |code: &'static str| Definition::common_fields().iter().filter(move |f| f.code == code);
        let own = self.definition.fields.iter().filter(|f| written(self.definition, f));
        common("on").chain(own).chain(common("note")).map(|f| self.slot(f, profile)).collect()
    }
}

/// Must be filled in a record of which nothing is known yet.
fn must(field: &Field) -> bool {
    match &field.required {
        Required::Yes => true,
        Required::When(condition) => condition.holds(&BTreeMap::new(), None),
        Required::No | Required::Steps(_) => false,
    }
}

/// What stands on the form: what the form on the screen shows at once, less what only a later step asks for, what the county fills and what leaves no room on paper.
fn written(definition: &Definition, field: &Field) -> bool {
    field.privacy != Privacy::C
        && field.authority.is_none_or(|side| side == Authority::School)
        && !matches!(field.kind, FieldType::File | FieldType::Student)
        && !definition.derive.contains(&field.code)
        && form::upfront(definition, field, must(field))
        && (field.first || !form::later(definition, field))
        && !beside_other(definition, field)
}

/// Which other (`kind_note` of `kind`) is written behind the box “other”, and has no line of its own.
fn beside_other(definition: &Definition, note: &Field) -> bool {
    let base = note.code.strip_suffix("_note").and_then(|code| definition.declared(code));
    base.is_some_and(|field| matches!(field.kind, FieldType::Choice | FieldType::Flags) && written(definition, field))
}

/// Parts fields into sheets by the height they take: what a browser breaks by itself nobody could number.
fn sheets(slots: Vec<Slot>, head_mm: u32) -> Vec<Vec<Slot>> {
    let (mut out, mut sheet, mut left) = (Vec::new(), Vec::new(), SHEET_MM.saturating_sub(head_mm));
    for slot in slots {
        let height = slot.height_mm();
        if height > left && !sheet.is_empty() {
            out.push(std::mem::take(&mut sheet));
            left = SHEET_MM;
        }
        left = left.saturating_sub(height);
        sheet.push(slot);
    }
    out.push(sheet);
    out
}

/// Half widths a text takes: letters of Chinese take two.
fn width(text: &str) -> u32 {
    text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum()
}

impl Making<'_> {
    fn slot(&self, field: &Field, profile: &BTreeMap<String, Value>) -> Slot {
        let (catalogue, definition, lang) = (self.catalogue, self.definition, self.lang);
        // What the record would copy from the profile is known; a guardian's phone may be another one by now, so it stays open.
        let copied = field
            .copy_of
            .as_ref()
            .filter(|(ledger, _)| ledger == "enrolment")
            .map(|(_, code)| code.as_str())
            .or((field.code == "household_card").then_some("household_card"));
        let from_profile = copied.and_then(|code| {
            let own = catalogue.latest("enrolment")?;
            Some(value::show(catalogue, own, own.field(code)?, profile, lang)).filter(|text| !text.is_empty())
        });
        let noted = definition.declared(&format!("{}_note", field.code)).is_some();
        let titled =
            |c: &Choice_| if noted && c.code == "other" { format!("{}＿＿＿＿＿＿", c.title.get(lang)) } else { c.title.get(lang).to_owned() };
        let titles = || catalogue.options(definition, field).map(|list| list.choices.iter().map(titled).collect::<Vec<_>>()).unwrap_or_default();
        let others = self.others.get(&field.code).filter(|list| !list.is_empty());
        let space = match (from_profile, field.kind) {
            (Some(text), _) => Space::Known(text),
            (None, FieldType::Choice) => Space::Boxes(titles(), false),
            (None, FieldType::Ref) => others.map_or_else(|| Space::Line(String::new()), |list| Space::Boxes(list.clone(), false)),
            (None, FieldType::Flags) => Space::Boxes(titles(), true),
            (None, FieldType::Bool) => Space::Boxes(vec![locale::text(lang, "ledger-yes", &[]), locale::text(lang, "ledger-no", &[])], false),
            (None, FieldType::Date) => Space::Date(true),
            (None, FieldType::Month) => Space::Date(false),
            (None, FieldType::Long) => Space::Room,
            (None, FieldType::Money) => Space::Line(locale::text(lang, "web-yuan", &[])),
            (None, FieldType::Pct) => Space::Line("%".to_owned()),
            (None, _) => Space::Line(field.unit.as_ref().map(|u| u.get(lang).to_owned()).unwrap_or_default()),
        };
        Slot { title: field.title.get(lang).to_owned(), must: must(field), space }
    }
}
