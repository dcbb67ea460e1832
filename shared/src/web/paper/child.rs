//! Draws a paper about children, one child a page: what [`super::forms`] says, filled with each child's own records.
//!
//! Invariants: a page holds records of its own child only; no field of class C; what is disputed is in no sum, and said so.

use super::{
    super::{account::Account, desk::Desk, reach, shown},
    choice::{Choice, ROWS_MAX},
    forms::{self, ChildPaper, Part, Years},
    names::Names,
};
use crate::{
    document::view::Value,
    fault::Fault,
    ledger::{
        Catalogue, Definition,
        condition::Condition,
        definition::{Field, Privacy},
        net::Net,
    },
    locale::{self, Lang},
    model::{Term, money},
    replica::{
        browse::{Pupil, Row, Taken, Wanted},
        records::Place,
    },
};
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

/// A cell and whether it is a number.
pub type Cell = (String, bool);

/// A table of a sheet.
#[derive(Clone, Debug)]
pub struct Table {
    /// Head.
    pub title: String,
    /// Heads of columns.
    pub heads: Vec<Cell>,
    /// Rows.
    pub rows: Vec<Vec<Cell>>,
    /// What is summed, in figures and in capitals.
    pub total: Option<(String, String)>,
    /// That so many records are disputed and not in the sum; empty: none is.
    pub disputed: String,
    /// Said when there are no rows.
    pub empty: String,
}

/// One child's page.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Name.
    pub name: String,
    /// Class in words.
    pub class: String,
    /// What stands in its head besides: title and value.
    pub particulars: Vec<(String, String)>,
    /// Line it is addressed with.
    pub to: String,
    /// Text before the tables.
    pub opening: String,
    /// Tables.
    pub tables: Vec<Table>,
    /// Nothing is on it.
    pub bare: bool,
}

/// What a part counts.
struct Counting<'a> {
    sum: &'a str,
    /// The ledger's rule for that field.
    net: Option<Net>,
}

fn fen(row: &Row, code: &str) -> Option<i64> {
    match row.fields.get(code) {
        Some(Value::Int(fen)) => Some(*fen),
        _ => None,
    }
}

impl<'a> Counting<'a> {
    fn of(sum: &'a str, definition: &Definition) -> Self {
        Self { sum, net: definition.net.clone().filter(|net| net.of == sum) }
    }

    /// What a record is worth: the sum less what came back; unknown while it is disputed.
    fn net(&self, row: &Row) -> Option<i64> {
        Some(fen(row, self.sum).filter(|_| !row.disputed)? - self.back(row)?)
    }

    /// What of it does not count.
    fn back(&self, row: &Row) -> Option<i64> {
        fen(row, self.sum).filter(|_| !row.disputed)?;
        self.net.as_ref().map_or(Some(0), |net| net.back(&row.fields))
    }
}

/// A part with what it needs to be drawn.
struct Ready<'a> {
    part: &'a Part,
    definition: Arc<Definition>,
    when: Option<Condition>,
    counting: Option<Counting<'a>>,
    /// Records by document.
    rows: HashMap<String, Vec<Row>>,
    /// What other records have used up, by record of this part; `None`: one of them is disputed, and nobody can say.
    used: HashMap<String, Option<i64>>,
}

impl Ready<'_> {
    /// What is left of a record; unknown while it, or what uses it up, is disputed.
    fn rest(&self, row: &Row) -> Option<i64> {
        let net = self.counting.as_ref()?.net(row)?;
        Some(net - self.used.get(&row.id).copied().unwrap_or(Some(0))?)
    }

    /// It is in no sum until a person has decided.
    fn in_dispute(&self, row: &Row) -> bool {
        row.disputed || self.used.get(&row.id) == Some(&None)
    }
}

/// Whether a person may print a paper: who reads every ledger on it.
#[must_use]
pub fn allowed(account: &Account, catalogue: &Catalogue, paper: &ChildPaper) -> bool {
    paper.ledgers().all(|code| catalogue.latest(code).is_some_and(|d| account.reads(d).any()))
}

/// Whether a person reads every ledger of the paper for this child: who sees all children by one role may read a ledger by another, of the own classes only.
#[must_use]
pub fn reached(account: &Account, catalogue: &Catalogue, paper: &ChildPaper, pupil: &Pupil) -> bool {
    paper.ledgers().all(|code| catalogue.latest(code).is_some_and(|d| account.reads(d).holds(reach::class_of(pupil))))
}

/// The pages of these children; those with nothing on them only if asked for, or if one child was.
///
/// # Errors
/// `web-paper-broken`; the store's.
pub fn sheets(desk: &Desk, account: &Account, paper: &ChildPaper, choice: &Choice, pupils: &[Pupil], lang: Lang) -> Result<Vec<Sheet>, Fault> {
    let documents = documents(desk, account, paper, pupils)?;
    let every: Vec<String> = documents.iter().flatten().cloned().collect();
    let parts = paper.parts.iter().map(|part| ready(desk, part, &every, paper.years, choice)).collect::<Result<Vec<_>, Fault>>()?;
    let profile = desk.replica.definition("enrolment").map_err(Fault::from)?;
    let mut profiles = by_document(desk, &profile, &every)?;
    let names = Names::of(desk, lang)?;
    let taken = taken(desk, &parts)?;
    let mut out = Vec::new();
    for (pupil, documents) in pupils.iter().zip(&documents) {
        let fields = profiles.remove(&pupil.student).and_then(|rows| rows.into_iter().next()).map(|row| row.fields).unwrap_or_default();
        let sheet = sheet(desk, paper, choice, (&parts, &taken), (pupil, documents, &profile, &fields), &names);
        if !sheet.bare || choice.empty || choice.student.is_some() {
            out.push(sheet);
        }
    }
    Ok(out)
}

/// Documents of each child that its page is made from.
fn documents(desk: &Desk, account: &Account, paper: &ChildPaper, pupils: &[Pupil]) -> Result<Vec<Vec<String>>, Fault> {
    let (catalogue, mut out) = (desk.replica.catalogue(), Vec::new());
    for pupil in pupils {
        let mut own = vec![pupil.student.clone()];
        if paper.years == Years::All {
            let others = desk.replica.pupil(&pupil.student).map_err(Fault::from)?.1;
            own.extend(others.into_iter().filter(|other| reached(account, &catalogue, paper, other)).map(|other| other.student));
        }
        out.push(own);
    }
    Ok(out)
}

fn by_document(desk: &Desk, definition: &Definition, documents: &[String]) -> Result<HashMap<String, Vec<Row>>, Fault> {
    let wanted = Wanted { students: Some(documents.to_vec()), order: "on".into(), limit: ROWS_MAX, ..Wanted::default() };
    let mut out: HashMap<String, Vec<Row>> = HashMap::new();
    for row in desk.replica.page(definition, &wanted).map_err(Fault::from)?.rows {
        out.entry(row.student.clone().unwrap_or_default()).or_default().push(row);
    }
    Ok(out)
}

fn ready<'a>(desk: &Desk, part: &'a Part, documents: &[String], years: Years, choice: &Choice) -> Result<Ready<'a>, Fault> {
    let definition = desk.replica.definition(&part.ledger).map_err(Fault::from)?;
    let mut rows = by_document(desk, &definition, documents)?;
    if years == Years::Year {
        for rows in rows.values_mut() {
            *rows = choice.of_term(std::mem::take(rows));
        }
    }
    let counting = part.sum.as_deref().map(|sum| Counting::of(sum, &definition));
    let mut used: HashMap<String, Option<i64>> = HashMap::new();
    if let Some(against) = &part.against {
        let other = desk.replica.definition(&against.ledger).map_err(Fault::from)?;
        let when = forms::condition(against.when.as_deref(), &other)?;
        let counting = Counting::of(&against.sum, &other);
        // Whether a disputed one counts, nobody can say either.
        let uses = |row: &Row| row.disputed || when.as_ref().is_none_or(|when| when.holds(&row.fields, row.state.as_deref()));
        for row in by_document(desk, &other, documents)?.into_values().flatten().filter(uses) {
            if let Some(Value::Str(id)) = row.fields.get(&against.reference) {
                let known = used.entry(id.clone()).or_insert(Some(0));
                *known = known.zip(if row.disputed { None } else { Some(counting.net(&row).unwrap_or(0)) }).map(|(known, net)| known + net);
            }
        }
    }
    Ok(Ready { when: forms::condition(part.when.as_deref(), &definition)?, part, definition, counting, rows, used })
}

fn sheet(
    desk: &Desk,
    paper: &ChildPaper,
    choice: &Choice,
    (parts, taken): (&[Ready<'_>], &HashMap<String, Vec<Taken>>),
    (pupil, documents, profile, fields): (&Pupil, &[String], &Definition, &BTreeMap<String, Value>),
    names: &Names<'_>,
) -> Sheet {
    let lang = names.lang;
    let class = shown::class(pupil.grade, pupil.class, lang);
    let name = names.child(profile, &pupil.student, &pupil.name);
    let period = if paper.years == Years::All { locale::text(lang, "paper-all-years", &[]) } else { choice.period(lang) };
    let of_profile = |code: &String| {
        let field = profile.field(code).filter(|f| f.privacy != Privacy::C)?;
        let value = shown::on_paper(&names.value_of(profile, field, &pupil.student, fields, None), lang);
        Some((code.clone(), field.title.get(lang).to_owned(), value))
    };
    let known: Vec<(String, String, String)> = paper.profile.iter().filter_map(of_profile).collect();
    let fill = |text: &str| {
        let mut out = text.to_owned();
        for (code, word) in [("name", &name), ("class", &class), ("period", &period), ("place", &desk.config.place)] {
            out = out.replace(&format!("{{{code}}}"), word);
        }
        for (code, _, value) in &known {
            out = out.replace(&format!("{{{code}}}"), if value.is_empty() { "＿＿＿＿＿" } else { value });
        }
        out
    };
    let tables: Vec<Table> = parts
        .iter()
        .flat_map(|ready| if ready.part.steps { steps_tables(ready, taken, documents, names) } else { tables(desk, ready, documents, names) })
        .collect();
    Sheet {
        to: paper.to.as_ref().map(|t| fill(t.get(lang))).unwrap_or_default(),
        opening: paper.opening.as_ref().map(|t| fill(t.get(lang))).unwrap_or_default(),
        bare: tables.iter().all(|t| t.rows.is_empty()),
        tables,
        name,
        particulars: known.into_iter().map(|(_, title, value)| (title, value)).filter(|(_, value)| !value.is_empty()).collect(),
        class,
    }
}

/// Columns that may be shown: what the definition in force has, and none of class C.
fn shown_columns<'a>(definition: &'a Definition, part: &'a Part) -> Vec<(&'a str, Option<&'a Field>)> {
    let column = |column: &'a String| {
        let own = column.split('.').next().unwrap_or_default();
        match definition.field(own) {
            _ if column.starts_with('$') => Some((column.as_str(), None)),
            Some(field) if field.privacy != Privacy::C => Some((column.as_str(), Some(field))),
            _ => None,
        }
    };
    part.columns.iter().filter_map(column).collect()
}

/// Steps taken of the records of parts that list them, by record.
fn taken(desk: &Desk, parts: &[Ready<'_>]) -> Result<HashMap<String, Vec<Taken>>, Fault> {
    let ids: Vec<String> =
        parts.iter().filter(|ready| ready.part.steps).flat_map(|ready| ready.rows.values().flatten()).map(|row| row.id.clone()).collect();
    let mut out: HashMap<String, Vec<Taken>> = HashMap::new();
    for step in if ids.is_empty() { Vec::new() } else { desk.replica.steps_of(&ids).map_err(Fault::from)? } {
        out.entry(step.record.clone()).or_default().push(step);
    }
    Ok(out)
}

/// The records of a part of one child, over all years: by date, those of a day as they were made.
fn rows_of<'r>(ready: &'r Ready<'_>, documents: &[String]) -> Vec<&'r Row> {
    let mut rows: Vec<&Row> = documents.iter().filter_map(|doc| ready.rows.get(doc)).flatten().collect();
    rows.sort_by_key(|row| (row.on.as_deref(), row.id.as_str()));
    rows
}

/// A part's head; with several tables, what this one is about.
fn head_of(ready: &Ready<'_>, about: Option<String>, lang: Lang) -> String {
    shown::named(ready.part.title.get(lang), &about.unwrap_or_default())
}

/// How the records of a part came to where they are: of several each in a table of its own, the oldest first. What carries a record on from the year before is that record.
fn steps_tables(ready: &Ready<'_>, taken: &HashMap<String, Vec<Taken>>, documents: &[String], names: &Names<'_>) -> Vec<Table> {
    let all = rows_of(ready, documents);
    let carries = |row: &Row| matches!(row.fields.get("continues"), Some(Value::Str(root)) if all.iter().any(|other| other.id == *root));
    let own: Vec<&Row> = all.iter().copied().filter(|row| !carries(row)).collect();
    if own.len() < 2 {
        return vec![steps_table(ready, taken, &own, None, names)];
    }
    own.into_iter().map(|row| steps_table(ready, taken, &[row], Some(names.label(&ready.definition, &row.fields)), names)).collect()
}

/// Each begins with its first state, then a line a step.
fn steps_table(ready: &Ready<'_>, taken: &HashMap<String, Vec<Taken>>, all: &[&Row], about: Option<String>, names: &Names<'_>) -> Table {
    let (lang, definition) = (names.lang, &ready.definition);
    let t = |key: &str| locale::text(lang, key, &[]);
    let heads = ["web-date", "paper-step", "web-state", "paper-by", "paper-why"].map(|key| (t(key), false)).to_vec();
    let mut rows = Vec::new();
    for row in all {
        let first = definition.lifecycle.as_ref().map(|l| shown::state(definition, Some(&l.initial), lang)).unwrap_or_default();
        rows.push(
            [shown::on_paper(row.on.as_deref().unwrap_or_default(), lang), t("paper-begun"), first, String::new(), String::new()]
                .map(|text| (text, false))
                .to_vec(),
        );
        for step in taken.get(&row.id).into_iter().flatten() {
            let known = definition.lifecycle.as_ref().and_then(|l| l.step(&step.step));
            let to = step.to.as_deref().or(known.map(|known| known.to.as_str()));
            let title = known.map_or_else(|| t("web-trail-settled"), |known| known.title.get(lang).to_owned());
            let cells = [shown::on_paper(&step.on, lang), title, shown::state(definition, to, lang), step.by.clone(), step.why.clone()];
            rows.push(cells.map(|text| (text, false)).to_vec());
        }
        if row.disputed && row.state.is_none() {
            rows.push([String::new(), String::new(), names.unsettled(), String::new(), String::new()].map(|text| (text, false)).to_vec());
        }
    }
    let (title, empty) = (head_of(ready, about, lang), ready.part.empty.get(lang).to_owned());
    Table { title, heads, rows, total: None, disputed: String::new(), empty }
}

/// A part's records; where they belong to several records of another ledger (`parent`: the attempts of two cases) a table each, the oldest first. A sum is of all.
fn tables(desk: &Desk, ready: &Ready<'_>, documents: &[String], names: &Names<'_>) -> Vec<Table> {
    let definition = &ready.definition;
    let fits = |row: &&Row| {
        let stands = ready.when.as_ref().is_none_or(|when| when.holds(&row.fields, row.state.as_deref()));
        // Of a disputed state nobody can say whether it belongs here: it is shown, as disputed.
        let unknown = row.disputed && row.state.is_none() && definition.lifecycle.is_some();
        (stands || unknown && ready.part.against.is_none())
            && (ready.part.against.is_none() || row.disputed || ready.rest(row).is_none_or(|rest| rest > 0))
    };
    let rows: Vec<&Row> = rows_of(ready, documents).into_iter().filter(fits).collect();
    let mut of: BTreeMap<(String, String), (String, Vec<&Row>)> = BTreeMap::new();
    let parent = definition.parent.as_deref().filter(|_| ready.counting.is_none());
    for row in parent.iter().flat_map(|_| &rows) {
        let (key, label) = parent.map(|code| belongs(desk, row, code, documents, names)).unwrap_or_default();
        of.entry(key).or_insert_with(|| (label, Vec::new())).1.push(row);
    }
    if of.len() < 2 {
        return vec![table(ready, &rows, None, names)];
    }
    of.into_values().map(|(label, rows)| table(ready, &rows, Some(label), names)).collect()
}

/// The record that a row belongs to by its field `code`, as it began: its date and id, and its label. Empty where it is not here, or another child's.
fn belongs(desk: &Desk, row: &Row, code: &str, documents: &[String], names: &Names<'_>) -> ((String, String), String) {
    let Some(Value::Str(id)) = row.fields.get(code) else { return Default::default() };
    let own = |place: &Place| documents.contains(&place.doc.to_string());
    let Some(place) = desk.replica.locate(id).ok().filter(own) else { return Default::default() };
    let place = place.continues.clone().and_then(|root| desk.replica.locate(&root).ok()).filter(own).unwrap_or(place);
    let on = match place.fields.get("on") {
        Some(Value::Str(on)) => on.clone(),
        _ => String::new(),
    };
    let label = desk.replica.definition(&place.ledger).map(|definition| names.label(&definition, &place.fields)).unwrap_or_default();
    ((on, place.id), label)
}

fn table(ready: &Ready<'_>, rows: &[&Row], about: Option<String>, names: &Names<'_>) -> Table {
    let (lang, definition) = (names.lang, &ready.definition);
    let mut columns = shown_columns(definition, ready.part);
    let money = |fen: i64| format!("{} {}", money::fen_to_yuan(fen), locale::text(lang, "web-yuan", &[]));
    let unsettled = || locale::text(lang, "paper-in-dispute", &[]);
    let cell = |row: &Row, (column, field): (&str, Option<&Field>)| match (column, field) {
        ("$term", _) => (row.on.as_deref().map(|on| term(on, lang)).unwrap_or_default(), false),
        ("$state", _) if row.disputed && row.state.is_none() => (names.unsettled(), false),
        ("$state", _) => (shown::state(definition, row.state.as_deref(), lang), false),
        ("$rest", _) => (ready.rest(row).map_or_else(unsettled, money), true),
        // A row without it is not filled with noughts.
        ("$back", _) => (
            ready
                .counting
                .as_ref()
                .map_or_else(String::new, |c| c.back(row).map_or_else(unsettled, |fen| if fen == 0 { String::new() } else { money(fen) })),
            true,
        ),
        ("$net", _) => (ready.counting.as_ref().map_or_else(String::new, |c| c.net(row).map_or_else(unsettled, money)), true),
        (_, None) => (String::new(), false),
        (column, Some(field)) if row.disputed && ready.part.sum.as_deref() == Some(column) => {
            (locale::text(lang, "paper-in-dispute", &[]), field.kind.is_number())
        }
        (column, Some(field)) => (names.value(definition, field, row, column.split_once('.').map(|(_, other)| other)), field.kind.is_number()),
    };
    let day = |(text, number): Cell| (shown::on_paper(&text, lang), number);
    let mut drawn: Vec<Vec<Cell>> = rows.iter().map(|row| columns.iter().map(|column| day(cell(row, *column))).collect()).collect();
    // A column in which nothing stands only takes the others' room; where nothing came back, what is left is what was paid.
    let filled: Vec<bool> = (0..columns.len()).map(|at| drawn.iter().any(|row| row.get(at).is_some_and(|(text, _)| !text.is_empty()))).collect();
    let back = columns.iter().zip(&filled).any(|((column, _), filled)| *column == "$back" && *filled);
    let stays: Vec<bool> =
        columns.iter().zip(&filled).map(|((column, _), filled)| drawn.is_empty() || *filled && (*column != "$net" || back)).collect();
    for row in &mut drawn {
        let mut at = stays.iter();
        row.retain(|_| *at.next().unwrap_or(&true));
    }
    let mut at = stays.iter();
    columns.retain(|_| *at.next().unwrap_or(&true));
    let summed: i64 = rows.iter().filter_map(|row| ready.rest(row)).sum();
    let disputed = rows.iter().filter(|row| ready.in_dispute(row)).count();
    let head = |(column, field): &(&str, Option<&Field>)| match (*column, field) {
        (_, Some(field)) => (field.title.get(lang).to_owned(), field.kind.is_number()),
        ("$term", _) => (locale::text(lang, "paper-term", &[]), false),
        ("$rest", _) => (locale::text(lang, "paper-rest", &[]), true),
        ("$back", _) => (locale::text(lang, "paper-back", &[]), true),
        ("$net", _) => (locale::text(lang, "paper-net", &[]), true),
        _ => (locale::text(lang, "web-state", &[]), false),
    };
    Table {
        title: head_of(ready, about, lang),
        heads: columns.iter().map(head).collect(),
        total: ready.counting.as_ref().filter(|_| !rows.is_empty()).map(|_| (money(summed), money::capitals(summed))),
        disputed: if disputed == 0 { String::new() } else { locale::text(lang, "paper-disputed", &[("value", &disputed.to_string())]) },
        rows: drawn,
        empty: ready.part.empty.get(lang).to_owned(),
    }
}

fn term(on: &str, lang: Lang) -> String {
    let Some(day) = on.get(..10).and_then(|text| text.parse().ok()) else { return String::new() };
    locale::text(lang, if Term::of(day) == Term::Autumn { "web-term-1" } else { "web-term-2" }, &[])
}
