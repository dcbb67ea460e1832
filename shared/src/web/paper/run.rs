//! Ledgers of a class or of the school by year and term, as one printing: a cover with what is in it, then each ledger on its own pages, by calendar half-year,
//! with its head on each page and boxes for signatures at its end.
//!
//! Invariant: no field of class C, whoever prints; nothing else that is filled is left out: what has no column of its own stands in the last one.

use super::{
    super::{
        account::{Account, Reach},
        desk::Desk,
        shown,
        sums::Foot,
    },
    child::Cell,
    choice::{Choice, ROWS_MAX, half_year, half_year_words},
    names::Names,
};
use crate::{
    fault::Fault,
    ledger::{
        Catalogue, Definition, FieldType,
        condition::is_filled,
        definition::{Field, Form, Privacy, Subject},
    },
    locale::{self, Lang},
    model::SpaceKind,
    replica::browse::{Row, Wanted},
};
use std::{collections::BTreeMap, sync::Arc};

/// Columns of an upright page; more lie on its side.
pub const HEADS_UPRIGHT_MAX: usize = 7;
/// Columns of a page on its side; what else is filled stands in one more.
const COLUMNS_MAX: usize = 9;

/// A line of a printed ledger.
#[derive(Clone, Debug)]
pub enum Line {
    /// Head of a calendar half-year.
    Half(String),
    /// A record.
    Record(Vec<Cell>),
}

/// A ledger of the printing.
#[derive(Clone, Debug)]
pub struct Printed {
    /// Number in the contents.
    pub number: usize,
    /// Code.
    pub code: String,
    /// Title.
    pub title: String,
    /// Heads of columns.
    pub heads: Vec<Cell>,
    /// Lines.
    pub lines: Vec<Line>,
    /// Sums of its records; empty: nothing may be added up.
    pub sums: Vec<Cell>,
    /// What the sums leave out.
    pub notes: Vec<String>,
    /// Records on it.
    pub count: usize,
    /// Records by calendar half-year.
    pub halves: BTreeMap<(i16, u8), usize>,
    /// Records in each half-year of the whole printing.
    pub counts: Vec<usize>,
    /// Records beyond what one printing holds.
    pub left_out: u32,
    /// Lies on its side.
    pub wide: bool,
}

/// The ledgers that may be chosen: those kept here about children and the school, which the person reads.
#[must_use]
pub fn choosable(account: &Account, catalogue: &Catalogue) -> Vec<Arc<Definition>> {
    let of = |subject: Subject| {
        let mut list: Vec<Arc<Definition>> =
            catalogue.iter_latest().filter(|d| d.subject == subject && d.space == SpaceKind::School && account.reads(d).any()).cloned().collect();
        // The profile leads, as in a cabinet.
        list.sort_by_key(|d| (d.form != Form::Profile, d.sections.first().copied(), d.code.clone()));
        list
    };
    [of(Subject::Student), of(Subject::School)].concat()
}

/// Those chosen, in order: by `l.<code>`, or by section, or all.
#[must_use]
pub fn chosen(account: &Account, catalogue: &Catalogue, choice: &Choice) -> Vec<Arc<Definition>> {
    let section = choice.asked.get("section").filter(|text| !text.is_empty());
    let named = choice.asked.keys().any(|key| key.starts_with("l."));
    let wanted = |d: &Arc<Definition>| match (named, section) {
        (true, _) => choice.asked.contains_key(&format!("l.{}", d.code)),
        (false, Some(section)) => d.sections.iter().any(|s| s.word() == section),
        (false, None) => choice.asked.contains_key("all"),
    };
    choosable(account, catalogue).into_iter().filter(wanted).collect()
}

/// Draws one ledger; `None` when it has no record and empty ones are not asked for.
///
/// # Errors
/// The store's.
pub fn printed(
    desk: &Desk,
    account: &Account,
    definition: &Definition,
    choice: &Choice,
    number: usize,
    lang: Lang,
) -> Result<Option<Printed>, Fault> {
    let by_child = definition.subject == Subject::Student;
    // A class has no ledgers of the school but those whose records name it.
    if !by_child && !definition.by_class() && choice.class.is_some() {
        return Ok(None);
    }
    let mut wanted = Wanted {
        year: Some(choice.year),
        order: if definition.form == Form::Profile { "class" } else { "on" }.into(),
        limit: ROWS_MAX,
        ..Wanted::default()
    };
    if by_child || definition.by_class() {
        let class = choice.class.map(|c| c.to_string());
        // The school's own is read whole, and printed of the classes the cover names ([`Choice::scope`]).
        let reach = if by_child { account.reads(definition) } else { account.children() };
        wanted.classes = match reach {
            Reach::Nothing => Some(Vec::new()),
            Reach::All => class.map(|c| vec![c]),
            Reach::Classes(own) => Some(own.iter().map(ToString::to_string).filter(|c| class.as_ref().is_none_or(|wanted| wanted == c)).collect()),
        };
    }
    let listed = desk.replica.page(definition, &wanted).map_err(Fault::from)?;
    let left_out = listed.total.saturating_sub(u32::try_from(listed.rows.len()).unwrap_or(u32::MAX));
    let rows = if definition.form == Form::Profile { listed.rows } else { choice.of_term(listed.rows) };
    if rows.is_empty() && !choice.empty {
        return Ok(None);
    }
    desk.noted(account, "export", format!("ledger {} on paper {}", definition.code, choice.year), rows.len());
    let (names, profile) = (Names::of(desk, lang)?, desk.replica.definition("enrolment").map_err(Fault::from)?);
    let mut printed = drawn(definition, &profile, &rows, (number, left_out), &names);
    let own = columns(definition, &rows);
    let these = Wanted { records: Some(rows.iter().map(|row| row.id.clone()).collect()), ..Wanted::default() };
    let foot = Foot::of(desk, definition, &these, &own, lang)?;
    let before = 1 + if by_child { 2 } else { 0 } + usize::from(definition.form != Form::Profile);
    printed.sums = foot.line(before, &own, printed.heads.len().saturating_sub(before + own.len()));
    printed.notes = foot.notes;
    Ok(Some(printed))
}

/// Fields that some row has filled and paper may hold, the most telling first as in a list.
fn filled<'a>(definition: &'a Definition, rows: &[Row]) -> Vec<&'a Field> {
    let by_child = definition.subject == Subject::Student;
    let on_paper =
        |f: &&Field| f.privacy != Privacy::C && f.kind != FieldType::File && !(by_child && ["name", "grade", "class"].contains(&f.code.as_str()));
    let has = |f: &&Field| rows.iter().any(|row| is_filled(&row.fields, &f.code));
    let telling: Vec<&str> = shown::columns(definition, COLUMNS_MAX).iter().map(|f| f.code.as_str()).collect();
    let note = Definition::common_fields().iter().filter(|f| f.code == "note");
    let mut all: Vec<&Field> = definition.fields.iter().chain(note).filter(on_paper).filter(has).collect();
    all.sort_by_key(|f| telling.iter().position(|code| *code == f.code).unwrap_or(usize::MAX));
    all
}

/// Those that have a column.
fn columns<'a>(definition: &'a Definition, rows: &[Row]) -> Vec<&'a Field> {
    filled(definition, rows).into_iter().take(COLUMNS_MAX).collect()
}

fn drawn(definition: &Definition, profile_definition: &Definition, rows: &[Row], (number, left_out): (usize, u32), names: &Names<'_>) -> Printed {
    let lang = names.lang;
    let t = |key: &str| locale::text(lang, key, &[]);
    let by_child = definition.subject == Subject::Student;
    let profile = definition.form == Form::Profile;
    let mut own = filled(definition, rows);
    let more = own.split_off(own.len().min(COLUMNS_MAX));
    let has_state = definition.lifecycle.is_some();
    let mut heads = vec![(t("paper-row-number"), true)];
    if by_child {
        heads.extend([(t("web-person-name"), false), (t("web-class-word"), false)]);
    }
    if !profile {
        heads.push((t("web-date"), false));
    }
    heads.extend(own.iter().map(|f| (f.title.get(lang).to_owned(), f.kind.is_number())));
    if has_state {
        heads.push((t("web-state"), false));
    }
    if !more.is_empty() {
        heads.push((t("paper-more"), false));
    }
    let shown_value = |field: &Field, row: &Row| names.value(definition, field, row, None);
    let mut halves = BTreeMap::new();
    let (mut lines, mut half) = (Vec::new(), None);
    for (at, row) in rows.iter().enumerate() {
        let on = row.on.clone().unwrap_or_default();
        let now = half_year(&on).filter(|_| !profile);
        if let Some(now) = now {
            *halves.entry(now).or_insert(0) += 1;
            if half != Some(now) {
                lines.push(Line::Half(half_year_words(now, lang)));
                half = Some(now);
            }
        }
        let mut cells = vec![((at + 1).to_string(), true)];
        if by_child {
            let name = names.child(profile_definition, row.student.as_deref().unwrap_or_default(), row.name.as_deref().unwrap_or_default());
            cells.extend([(name, false), (shown::class(row.grade, row.class, lang), false)]);
        }
        if !profile {
            cells.push((on, false));
        }
        cells.extend(own.iter().map(|f| (shown_value(f, row), f.kind.is_number())));
        if has_state {
            cells.push((
                if row.disputed && row.state.is_none() { names.unsettled() } else { shown::state(definition, row.state.as_deref(), lang) },
                false,
            ));
        }
        if !more.is_empty() {
            let words = more.iter().map(|f| (f, shown_value(f, row))).filter(|(_, value)| !value.is_empty());
            cells.push((
                words.map(|(f, value)| format!("{}{}{value}", f.title.get(lang), lang.colon())).collect::<Vec<_>>().join(lang.semicolon()),
                false,
            ));
        }
        lines.push(Line::Record(cells));
    }
    Printed {
        number,
        code: definition.code.clone(),
        title: definition.title.get(lang).to_owned(),
        wide: heads.len() > HEADS_UPRIGHT_MAX,
        heads,
        lines,
        count: rows.len(),
        halves,
        sums: Vec::new(),
        notes: Vec::new(),
        counts: Vec::new(),
        left_out,
    }
}
