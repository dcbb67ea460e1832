//! One version of one ledger, as read from its TOML file: what may be kept, who may write it, which steps it goes through.
//!
//! Invariants: every name inside a [`Definition`] that points into the same file is known to exist ([`Definition::parse`] refuses it otherwise);
//! names of other ledgers are checked by [`super::Catalogue::check`]. A definition is immutable; a change is a new version.
//!
//! Long as it is, this is one room: the words of one file format, one type beside the other.

mod desk;

pub use super::vocabulary::{
    Authority, DayUnit, FieldType, Form, Owner, Period, Privacy, RuleKind, SchoolRole, Section, StepAuthority, Subject, Within,
};
use super::{common, condition::Condition, parse, problem::Problem};
use crate::{locale::Lang, model::SpaceKind};
pub use desk::{Alike, Notice, Prefill};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Text in both languages of the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bilingual {
    /// Simplified Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Bilingual {
    /// The text in the reader's language.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// One choice of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Code that is kept.
    pub code: String,
    /// What a person sees.
    pub title: Bilingual,
}

/// A list of options, in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionList {
    /// Name within the file.
    pub name: String,
    /// At least one.
    pub choices: Vec<Choice>,
}

impl OptionList {
    /// The option with this code.
    #[must_use]
    pub fn choice(&self, code: &str) -> Option<&Choice> {
        self.choices.iter().find(|choice| choice.code == code)
    }
}

/// Where a field's options stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptionsRef {
    /// A list of the same file.
    Own(String),
    /// A list of another ledger.
    Other {
        /// That ledger.
        ledger: String,
        /// Its list.
        list: String,
    },
}

/// When a field must be filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Required {
    /// Never.
    No,
    /// Always.
    Yes,
    /// Before any of these steps is taken.
    Steps(Vec<String>),
    /// While this holds.
    When(Condition),
}

/// A limit of a value, in the unit that is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// int, tenths, fen, hundredths of a percent.
    Number(i64),
    /// date.
    Date(Date),
}

/// A checked pattern of a text.
#[derive(Clone, Debug)]
pub struct Pattern(pub(super) regex_lite::Regex);

impl Pattern {
    /// Whether the text fits.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }

    /// As written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// One field.
#[derive(Clone, Debug)]
pub struct Field {
    /// Key under which the value is kept (flags: `<code>.<option>`).
    pub code: String,
    /// What a person sees.
    pub title: Bilingual,
    /// A hint for the person who fills it.
    pub help: Option<Bilingual>,
    /// Type; never changes in a later version.
    pub kind: FieldType,
    /// Present for choice and flags.
    pub options: Option<OptionsRef>,
    /// When it must be filled.
    pub required: Required,
    /// The stricter of the ledger's class and the field's own.
    pub privacy: Privacy,
    /// Only a value written by this side counts.
    pub authority: Option<Authority>,
    /// Shown behind the value.
    pub unit: Option<Bilingual>,
    /// Least value.
    pub min: Option<Bound>,
    /// Greatest value.
    pub max: Option<Bound>,
    /// Characters at most.
    pub max_len: usize,
    /// What a text must look like.
    pub pattern: Option<Pattern>,
    /// Filled in at creation when empty; text as a person would write it.
    pub default: Option<String>,
    /// `(ledger, field)` it is filled from when left empty.
    pub copy_of: Option<(String, String)>,
    /// Ledger referred to; present for `ref`.
    pub reference: Option<String>,
    /// Gets an index in the typed table.
    pub searchable: bool,
    /// A date on which the child, or what `parent` names, is to be looked at again: due until a later record of the ledger.
    pub follow_up: bool,
    /// Proposed so many months after another date field of the record, where it is empty.
    pub after: Option<(String, i32)>,
    /// The desk asks for it once before it saves what makes it required and leaves it empty.
    pub ask: bool,
    /// May appear on a public notice.
    pub public: bool,
    /// A number of papers: the desk proposes the next one of the school and year.
    pub serial: bool,
    /// Says when or why another field became what it is: a correction of that one which leaves this as it stands is asked about.
    pub of_change: Option<String>,
    /// A new form proposes what all records of the school have in common: the stage in a primary school.
    pub common: bool,
    /// Stands at the top of a new form, and on the form to take along, though nothing obliges to fill it.
    pub first: bool,
    /// May be added up over records.
    pub total: bool,
}

/// A rule over several fields.
#[derive(Clone, Debug)]
pub struct Check {
    /// Applies only while this holds; always when absent.
    pub when: Option<Condition>,
    /// What must hold.
    pub must: Condition,
    /// Refuses the edit instead of opening a work item.
    pub block: bool,
    /// The desk asks once before it saves what breaks it.
    pub ask: bool,
    /// What a person reads.
    pub message: Bilingual,
}

impl Check {
    /// What breaks it is asked about before it is saved; what blocks is not asked.
    #[must_use]
    pub fn asks(&self) -> bool {
        self.ask && !self.block
    }

    /// Fields it names: those of what must hold first. One may come twice.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.must.fields().into_iter().chain(self.when.iter().flat_map(Condition::fields))
    }
}

/// A state of a lifecycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Its code.
    pub code: String,
    /// What a person sees.
    pub title: Bilingual,
    /// Work is left to do.
    pub open: bool,
    /// Money of a record in this state counts in sums.
    pub counts: bool,
    /// The next step is due so many days after the step that led here.
    pub due_days: Option<u32>,
    /// Date fields: these days are counted from the latest of them, where it is after that step.
    pub due_from: Vec<String>,
    /// How these days, and `min_days_in_state` of steps from here, are counted.
    pub due_unit: DayUnit,
    /// What is due.
    pub due_help: Option<Bilingual>,
    /// Values stand as they are: a correction needs a step back first.
    pub sealed: bool,
    /// Fields that stand as they are, once filled, while the record is in this state: what was judged, shown or paid.
    pub fixed: Vec<String>,
    /// Steps from here that are equally usual, as where something is found to be so or not; empty: the one on the usual way.
    pub outcomes: Vec<String>,
}

/// A transition between states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its code, unique in the lifecycle.
    pub code: String,
    /// What a person sees.
    pub title: Bilingual,
    /// States it may be taken from.
    pub from: Vec<String>,
    /// State it leads to.
    pub to: String,
    /// Who may take it.
    pub authority: StepAuthority,
    /// Who within the school takes it; anybody who writes the ledger when absent.
    pub role: Option<SchoolRole>,
    /// Fields it needs, besides those whose `required` names it.
    pub requires: Vec<String>,
    /// Earliest after so many days in the present state.
    pub min_days_in_state: Option<u32>,
    /// Whoever takes it says why: it undoes what others did, and they are to know.
    pub reason: bool,
    /// A relapse or re-opening, counted by reports.
    pub reopens: bool,
    /// Required date field that is the day of the step: asked once, and the step is dated by it unless another day is given.
    pub day: Option<String>,
    /// Fields of a round: where the record has been in `to` before, what they held then is not carried into the new round.
    pub anew: Vec<String>,
}

/// States and steps of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifecycle {
    /// State of a new record.
    pub initial: String,
    /// The states behind the first in the order a record usually takes them: what a page draws ahead. Advice, not a rule; may be empty.
    pub usual: Vec<String>,
    /// In the order of the file.
    pub states: Vec<State>,
    /// In the order of the file.
    pub steps: Vec<Step>,
}

impl Lifecycle {
    /// The state with this code.
    #[must_use]
    pub fn state(&self, code: &str) -> Option<&State> {
        self.states.iter().find(|state| state.code == code)
    }

    /// The step with this code.
    #[must_use]
    pub fn step(&self, code: &str) -> Option<&Step> {
        self.steps.iter().find(|step| step.code == code)
    }
}

/// What a rule puts into a field of the record it opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SetValue {
    /// This value.
    Literal(crate::document::view::Value),
    /// The last day with value `present` before the run (Null when none is recorded).
    LastPresent,
    /// The first day of the run.
    FirstAbsent,
}

/// Opens a record by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its code, unique in the file.
    pub code: String,
    /// What the trail of a record it opened says of it: one sentence without full stop.
    pub title: Option<Bilingual>,
    /// Ledger of the record it opens.
    pub opens: String,
    /// What it watches for.
    pub when: RuleKind,
    /// Ledger that is watched.
    pub ledger: String,
    /// Field that is watched.
    pub field: String,
    /// Values that count.
    pub values: Vec<String>,
    /// Length of the run, in school days; 1 for `field`.
    pub days: u32,
    /// Fields of the new record.
    pub set: BTreeMap<String, SetValue>,
}

/// Shows a record also to the other schools it names, through the county, and takes their answers (docs/ledger-format.md).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relay {
    /// Fields of type `school`: each school named there, but for the record's own, gets a copy.
    pub schools: Vec<String>,
    /// Steps by which such a school may answer.
    pub steps: Vec<String>,
    /// Fields of the child's profile that are copied along, so that the other school knows whom it is about.
    pub profile: Vec<String>,
}

/// What the county's step does to the child's documents: the old one is closed at stated heads, the new school gets a dossier (docs/ledger-format.md).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handover {
    /// The county's step that does it.
    pub step: String,
    /// Field with the school left.
    pub from: String,
    /// Field with the school entered.
    pub to: String,
    /// Field with the child's document at the other school, for where it cannot be found by number.
    pub other: String,
    /// `ledger`, or `ledger.field` for a field of class C, which is left out otherwise.
    pub dossier: Vec<String>,
    /// Written into the profile of the closed document.
    pub set: BTreeMap<String, crate::document::view::Value>,
    /// Fields of the profile the new school fills itself: not proposed out of the dossier.
    pub anew: Vec<String>,
}

impl Handover {
    /// Whether a field of `definition` travels: its ledger is named, and it is not of class C unless the whole ledger is or the field itself is named.
    #[must_use]
    pub fn carries(&self, definition: &Definition, field: &Field) -> bool {
        let named = |text: &str| self.dossier.iter().any(|entry| entry == text);
        let fewest = field.privacy == Privacy::C && definition.privacy != Privacy::C;
        named(&definition.code) && (!fewest || named(&format!("{}.{}", definition.code, field.code)))
    }
}

/// One version of one ledger.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Never changes.
    pub code: String,
    /// From 1.
    pub version: u32,
    /// Whose document holds the records.
    pub subject: Subject,
    /// Many or one.
    pub form: Form,
    /// Who may write.
    pub owner: Owner,
    /// Which kind of space holds the records.
    pub space: SpaceKind,
    /// Sections of the bureau that work with it; the first leads.
    pub sections: Vec<Section>,
    /// Class of the whole ledger.
    pub privacy: Privacy,
    /// What a person sees.
    pub title: Bilingual,
    /// What it is for.
    pub help: Option<Bilingual>,
    /// Fields shown where a record is named in one line.
    pub label: Vec<String>,
    /// Fields shown where one of several is chosen; empty: those of `label`.
    pub choose: Vec<String>,
    /// Columns of its list; empty: chosen by what names and finds a record.
    pub list: Vec<String>,
    /// Choice, bool and small int fields its list is filtered by; empty: the first few choices that are searched by.
    pub filters: Vec<String>,
    /// `bool` field of the child's profile: whom the ledger is about. `None`: any child.
    pub about: Option<String>,
    /// Date field that is the record's day (`on`), which is then not asked for.
    pub dated_by: Option<String>,
    /// Fields that make a record's id: a second record with the same values is the same record. Empty: ids are drawn.
    pub key: Vec<String>,
    /// The `ref` field that makes these records rows of another record.
    pub parent: Option<String>,
    /// The `ref` field that names the record these stand on: they are listed there and begun from there, and stand for themselves too.
    pub basis: Option<String>,
    /// How often one is expected.
    pub per: Option<Period>,
    /// Fields the engine fills; a person cannot set them.
    pub derive: Vec<String>,
    /// Option lists in the order of the file.
    pub options: Vec<OptionList>,
    /// Fields in the order of the file, without those every record has.
    pub fields: Vec<Field>,
    /// Fields that only make sense together.
    pub conflict_groups: Vec<Vec<String>>,
    /// Rules over several fields.
    pub checks: Vec<Check>,
    /// Absent for a plain ledger.
    pub lifecycle: Option<Lifecycle>,
    /// What opens records by itself.
    pub rules: Vec<Rule>,
    /// Present: other schools named in a record see it.
    pub relay: Option<Relay>,
    /// Present: a step moves the child to another school.
    pub handover: Option<Handover>,
    /// Present: a new record is filled from a report.
    pub prefill: Option<Prefill>,
    /// Public notices, by where they hang.
    pub notices: Vec<Notice>,
    /// Present: a second record like an earlier one is asked about before it is saved.
    pub alike: Option<Alike>,
    /// Present: what of a record's money counts.
    pub net: Option<super::net::Net>,
    /// Only the county's machinery works with it: no page lists it but for who looks after the machine.
    pub machinery: bool,
    pub(super) source: String,
}

impl Definition {
    /// A definition file at most.
    pub const BYTES_MAX: usize = 256 * 1024;

    /// Reads a definition file. Finds as many problems at once as it can (at most 50), in the order of the file.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        parse::definition(text)
    }

    /// The file as it was read, for publishing.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.source
    }

    /// A field by code: declared here, or one that every record has (`on`, `note`, `by`, `void`, `void_reason`, `continues`).
    #[must_use]
    pub fn field(&self, code: &str) -> Option<&Field> {
        self.declared(code).or_else(|| common::field(code))
    }

    /// A field declared in the file.
    #[must_use]
    pub fn declared(&self, code: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.code == code)
    }

    /// The fields every record has, never declared.
    #[must_use]
    pub fn common_fields() -> &'static [Field] {
        common::fields()
    }

    /// The fields that hold a file: the ledger's own, then those every record has.
    pub fn file_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().chain(common::fields()).filter(|field| field.kind == FieldType::File)
    }

    /// The field a key of a record belongs to, and the option when it is a key `<field>.<option>` of a flags field.
    #[must_use]
    pub fn field_of_key<'a, 'k>(&'a self, key: &'k str) -> Option<(&'a Field, Option<&'k str>)> {
        if let Some(field) = self.field(key) {
            return (field.kind != FieldType::Flags).then_some((field, None));
        }
        let (code, option) = key.split_once('.')?;
        self.field(code).filter(|field| field.kind == FieldType::Flags).map(|field| (field, Some(option)))
    }

    /// An option list of this file.
    #[must_use]
    pub fn option_list(&self, name: &str) -> Option<&OptionList> {
        self.options.iter().find(|list| list.name == name)
    }

    /// Whether `side` may create and edit records.
    #[must_use]
    pub fn may_write(&self, side: Authority) -> bool {
        matches!((self.owner, side), (Owner::Both, _) | (Owner::School, Authority::School) | (Owner::County, Authority::County))
    }

    /// Whether each record is of one class: a ledger of the school whose records name a grade and a class as numbers. Who works with some classes writes and prints those of
    /// the own.
    #[must_use]
    pub fn by_class(&self) -> bool {
        let number = |code: &str| self.declared(code).is_some_and(|field| field.kind == FieldType::Int);
        self.subject == Subject::School && self.form == Form::Records && number("grade") && number("class")
    }

    /// A step by its title, with its code beside it as a command takes it; the code alone of one that is not known.
    #[must_use]
    pub fn step_named(&self, code: &str, lang: Lang) -> String {
        let known = self.lifecycle.as_ref().and_then(|lifecycle| lifecycle.step(code));
        known.map_or_else(|| code.to_owned(), |step| lang.beside(step.title.get(lang), code))
    }

    /// Fields that must be filled before `step` is taken: its own `requires` and those whose `required` names it, in the order of the file.
    #[must_use]
    pub fn required_for(&self, step: &Step) -> Vec<&Field> {
        let named = |field: &&Field| match &field.required {
            Required::Steps(steps) => steps.contains(&step.code),
            Required::No | Required::Yes | Required::When(_) => false,
        };
        let declared = self.fields.iter().filter(|field| named(field) || step.requires.contains(&field.code));
        let common = common::fields().iter().filter(|field| step.requires.contains(&field.code));
        declared.chain(common).collect()
    }

    /// Whether this may be published over `previous`. See [`super::compatible`].
    pub fn compatible_with(&self, previous: &Self) -> Result<(), Vec<Problem>> {
        super::compatible::check(self, previous)
    }
}

#[cfg(test)]
mod tests;
