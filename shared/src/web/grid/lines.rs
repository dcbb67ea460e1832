//! What a grid shows: its columns out of the definition, and its rows: records, or the children of a class with one new record each.

use super::super::{
    account::{Account, Reach},
    children,
    desk::Desk,
    form, ledgers, reach, shown,
};
use crate::{
    command::cells,
    fault::Fault,
    ledger::{
        Catalogue, Definition, FieldType,
        definition::{Field, Form, Subject},
    },
    locale::{self, Lang},
    replica::{
        browse::{Pupil, Row, Wanted},
        names::Names,
    },
};
use std::collections::{BTreeMap, BTreeSet};

/// Rows of a grid: a class has sixty children, a table of more is worked through with filters.
pub(super) const ROWS_MAX: u32 = 300;
/// Records a reference may point to that are offered.
const TARGETS_MAX: u32 = 100;

/// A column: a field the person may write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    /// Field code.
    pub(super) code: String,
    /// Title, with its unit.
    pub(super) title: String,
    /// Titles to choose from.
    pub(super) options: Vec<String>,
    /// Several of them may be chosen.
    pub(super) several: bool,
    /// Must be filled.
    pub(super) required: bool,
    /// Right-aligned.
    pub(super) number: bool,
    /// Long text.
    pub(super) long: bool,
    /// Hint.
    pub(super) help: String,
}

impl Column {
    /// The options as the page hands them to its script.
    pub(super) fn options_json(&self) -> String {
        if self.options.is_empty() { String::new() } else { serde_json::to_string(&self.options).unwrap_or_default() }
    }
}

/// A row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// Record id; `+<document>`: a new record of that child; `+`: a new record of whoever is named.
    pub(super) key: String,
    /// The child, and its class.
    pub(super) child: (String, String),
    /// Document of the child.
    pub(super) student: String,
    /// Lifecycle state.
    pub(super) state: String,
    /// One text a column.
    pub(super) cells: Vec<String>,
}

impl Line {
    /// A record that is there.
    pub(super) fn is_record(&self) -> bool {
        !self.key.starts_with('+')
    }

    /// An empty row, for a record of whoever is named in it.
    pub(super) fn is_blank(&self) -> bool {
        self.key == "+"
    }
}

/// Columns and rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Grid {
    /// Columns.
    pub(super) columns: Vec<Column>,
    /// Rows.
    pub(super) lines: Vec<Line>,
    /// Rows there are in all.
    pub(super) total: u32,
}

/// The fields a person fills in this ledger, date first, note last.
pub(super) fn fields<'a>(account: &Account, definition: &'a Definition) -> Vec<&'a Field> {
    let common = |code: &'static str| Definition::common_fields().iter().filter(move |f| f.code == code);
    let own = definition.fields.iter().filter(|f| form::fills(account, definition, f));
    let on = common("on").filter(|_| definition.form == Form::Records && definition.dated_by.is_none());
    on.chain(own).chain(common("note")).collect()
}

/// What the labels shown for referred records stand for, by field.
pub(super) type Targets = BTreeMap<String, Labels>;

/// Records by their labels.
#[derive(Clone, Debug, Default)]
pub(super) struct Labels {
    /// One record each. Of several that are called the same, each with what tells them apart.
    pub(super) one: BTreeMap<String, String>,
    /// Those that are called the same: the row that names them tells which is meant, if but one fits it.
    pub(super) several: BTreeMap<String, Vec<Row>>,
}

/// Records that are not a child's own, by the label a cell shows.
///
/// # Errors
/// The store's.
pub(super) fn targets(desk: &Desk, account: &Account, definition: &Definition, lang: Lang) -> Result<Targets, Fault> {
    let catalogue = desk.replica.catalogue();
    let mut out = Targets::new();
    for field in fields(account, definition) {
        let Some(target) = field.reference.as_deref().and_then(|code| catalogue.latest(code)).filter(|d| d.subject != Subject::Student) else {
            continue;
        };
        let rows = desk.replica.page(target, &Wanted { limit: TARGETS_MAX, ..Wanted::default() }).map_err(Fault::from)?.rows;
        let names = Names::of(&desk.replica, lang);
        let mut called: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for row in reach::rows(desk, account, rows) {
            called.entry(cells::label_of(&catalogue, &row.ledger, &row.fields, lang)).or_default().push(row);
        }
        called.remove("");
        let mut labels = Labels::default();
        for (label, rows) in called {
            match rows.as_slice() {
                [row] => {
                    labels.one.insert(label, row.id.clone());
                }
                several => {
                    for row in several {
                        // What still names two names none.
                        let choice = names.choice(target, &row.fields);
                        if several.iter().filter(|other| names.choice(target, &other.fields) == choice).count() == 1 {
                            labels.one.insert(choice, row.id.clone());
                        }
                    }
                    labels.several.insert(label, rows);
                }
            }
        }
        out.insert(field.code.clone(), labels);
    }
    Ok(out)
}

fn column(catalogue: &Catalogue, definition: &Definition, field: &Field, targets: &Targets, must: &BTreeSet<String>, lang: Lang) -> Column {
    let mut options: Vec<String> = match field.kind {
        FieldType::Bool => ["ledger-yes", "ledger-no"].map(|key| locale::text(lang, key, &[])).to_vec(),
        _ => catalogue.options(definition, field).map(|list| list.choices.iter().map(|c| c.title.get(lang).to_owned()).collect()).unwrap_or_default(),
    };
    if let Some(labels) = targets.get(&field.code) {
        options.extend(labels.one.keys().cloned());
    }
    let unit = field.unit.as_ref().map_or_else(|| form::own_unit(field, lang), |u| u.get(lang).to_owned());
    let title = field.title.get(lang);
    let title = if unit.is_empty() || title.contains(&unit) { title.to_owned() } else { format!("{title} ({unit})") };
    Column {
        code: field.code.clone(),
        title,
        options,
        several: field.kind == FieldType::Flags,
        required: must.contains(&field.code),
        number: field.kind.is_number(),
        long: field.kind == FieldType::Long,
        help: field.help.as_ref().map(|h| h.get(lang).to_owned()).unwrap_or_default(),
    }
}

/// The class a grid of a ledger about children shows: the one asked for, or the first there is.
pub(super) fn class_of(asked: &BTreeMap<String, String>, pupils: &[Pupil]) -> Option<String> {
    match asked.get("class").filter(|class| !class.is_empty()) {
        Some(class) => Some(class.clone()),
        None => pupils.iter().find_map(reach::class_of).map(|class| class.to_string()),
    }
}

/// Records within what is asked for, that the person may write.
///
/// # Errors
/// The store's.
pub(super) fn of_records(
    desk: &Desk,
    account: &Account,
    definition: &Definition,
    asked: &BTreeMap<String, String>,
    lang: Lang,
) -> Result<Grid, Fault> {
    let mut wanted = Wanted { limit: ROWS_MAX, void: false, ..ledgers::wanted(desk, account, definition, asked)? };
    let writes = account.writes(definition);
    if let (true, Reach::Classes(own)) = (definition.by_class(), &writes) {
        // Read of the whole school, written of the own classes.
        wanted.classes = Some(own.iter().map(ToString::to_string).collect());
    }
    let listed = desk.replica.page(definition, &wanted).map_err(Fault::from)?;
    let mut rows: Vec<Row> = listed.rows.into_iter().filter(|row| shown::in_reach(&writes, row)).collect();
    if asked.get("order").is_none_or(String::is_empty) && definition.subject == Subject::Student {
        // As the roster has them, so that a list on paper is gone through line by line.
        rows.sort_by_cached_key(|row| {
            (row.grade, row.class, shown::sound(row.name.as_deref().unwrap_or_default()), row.student.clone(), row.on.clone())
        });
    }
    let mut grid = empty(desk, account, definition, lang)?;
    grid.total = listed.total;
    grid.lines = rows.iter().map(|row| of_row(desk, account, definition, row, lang)).collect();
    Ok(grid)
}

/// One record as a row.
pub(super) fn of_row(desk: &Desk, account: &Account, definition: &Definition, row: &Row, lang: Lang) -> Line {
    let catalogue = desk.replica.catalogue();
    let cell = |field: &&Field| cells::text(&desk.replica, &catalogue, definition, field, &row.fields, lang);
    Line {
        key: row.id.clone(),
        child: (row.name.clone().unwrap_or_default(), shown::class(row.grade, row.class, lang)),
        student: row.student.clone().unwrap_or_default(),
        state: shown::state(definition, row.state.as_deref(), lang),
        cells: fields(account, definition).iter().map(cell).collect(),
    }
}

/// The children of a class, one new record each.
///
/// # Errors
/// The store's.
pub(super) fn of_children(desk: &Desk, account: &Account, definition: &Definition, class: Option<&str>, lang: Lang) -> Result<Grid, Fault> {
    let pupils = children::pupils(desk, account, desk.replica.this_year().map_err(Fault::from)?)?;
    let writes = account.writes(definition);
    let there = |p: &&Pupil| {
        let own = reach::class_of(p);
        p.status.as_deref() == Some("present") && writes.holds(own) && class.is_none_or(|class| own.is_some_and(|c| c.to_string() == class))
    };
    let mut grid = empty(desk, account, definition, lang)?;
    let found: Vec<&Pupil> = pupils.iter().filter(there).collect();
    grid.total = u32::try_from(found.len()).unwrap_or(u32::MAX);
    let width = grid.columns.len();
    grid.lines = found
        .into_iter()
        .take(ROWS_MAX as usize)
        .map(|p| Line {
            key: format!("+{}", p.student),
            child: (p.name.clone(), shown::class(p.grade, p.class, lang)),
            student: p.student.clone(),
            state: String::new(),
            cells: vec![String::new(); width],
        })
        .collect();
    Ok(grid)
}

fn empty(desk: &Desk, account: &Account, definition: &Definition, lang: Lang) -> Result<Grid, Fault> {
    let catalogue = desk.replica.catalogue();
    let known = targets(desk, account, definition, lang)?;
    let nothing = BTreeMap::new();
    // What a new form marks: also what the definition's conditions ask for from the beginning.
    let form = form::Drawing { catalogue: &catalogue, definition, account, fields: &nothing, typed: &BTreeMap::new(), fault: None, lang, new: true }
        .inputs();
    let must = form.first.iter().chain(&form.more).filter(|input| input.required == "yes").map(|input| input.code.clone()).collect();
    let columns = fields(account, definition).into_iter().map(|field| column(&catalogue, definition, field, &known, &must, lang)).collect();
    Ok(Grid { columns, lines: Vec::new(), total: 0 })
}
