//! Records of a ledger, filtered: an ad-hoc question, answered like a report.

use super::{audit, reporting, request::Format};
use crate::{
    fault::{Exit, Fault},
    ledger::{FieldType, definition::Subject},
    locale::Lang,
    model::SchoolYear,
    replica::{Replica, Result},
    report::query::{Query, known_columns},
};
use serde_json::Value as Json;

/// What is to be listed.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Ledger code.
    pub ledger: String,
    /// Only this child's.
    pub student: Option<String>,
    /// `field=value` and the like.
    pub filters: Vec<String>,
    /// School year.
    pub year: Option<u16>,
    /// School.
    pub school: Option<String>,
    /// Columns.
    pub columns: Vec<String>,
    /// Order.
    pub order: Vec<String>,
    /// Most rows.
    pub limit: u32,
    /// Form of the answer.
    pub format: Format,
}

/// Lists.
///
/// # Errors
/// Unknown ledger, field, operator; a child that none or several fit.
pub(super) fn list(replica: &Replica, wanted: &Wanted, lang: Lang) -> Result<(Json, audit::Read)> {
    let definition = replica.definition(&wanted.ledger)?;
    let ledgers = reporting::outlines(&replica.catalogue());
    let Some(outline) = ledgers.iter().find(|l| l.code == definition.code) else {
        return Err(Fault::new("ledger-none", Exit::NoMatch).with("code", &wanted.ledger).into());
    };
    let (mut conditions, mut about) = (wanted.filters.clone(), wanted.ledger.clone());
    if let Some(text) = &wanted.student {
        let hit = replica.one_student(text, wanted.year.and_then(SchoolYear::new))?;
        about = format!("{about} of student:{}", hit.doc);
        // Rows kept by the county name the child in a field.
        let named = definition.fields.iter().find(|f| f.kind == FieldType::Student && definition.subject != Subject::Student);
        conditions.push(format!("{}={}", named.map_or("_student", |f| f.code.as_str()), hit.doc));
    }
    if let Some(year) = wanted.year {
        conditions.push(format!("_year={year}"));
    }
    if let Some(school) = &wanted.school {
        conditions.push(format!("_school={school}"));
    }
    // A file is to be worked on and read back, a script wants it whole: everything, and whose it is. A terminal shows the first columns.
    let whole: Vec<String> = known_columns(outline)
        .into_iter()
        .map(|column| column.code)
        .filter(|code| definition.subject == Subject::Student || code != "_student")
        .filter(|code| !["_since", "_due", "_reopened", "_disputed", "void", "void_reason", "continues"].contains(&code.as_str()))
        .collect();
    let file = wanted.columns.is_empty() && wanted.format != Format::Table;
    let columns = if file { &whole } else { &wanted.columns };
    let query = Query { conditions: &conditions, columns, order: &wanted.order, limit: Some(wanted.limit) };
    let (report, params) = query.report(outline, replica.clock().today()).map_err(|e| Fault::from(&e))?;
    let answer = reporting::answer(replica, &report, &params, &ledgers)?;
    let read = audit::read_of(&about, &answer, audit::is_named(&definition));
    Ok((reporting::show(&answer, replica, false, wanted.format, lang)?, read))
}
