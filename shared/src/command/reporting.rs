//! Reports and their answers in the form asked for.

use super::{audit, request::Format};
use crate::{
    fault::{Exit, Fault},
    ledger::{
        Catalogue, FieldType,
        definition::{Definition, OptionsRef, Subject},
    },
    locale::Lang,
    model::SchoolCode,
    replica::{Replica, ReplicaError, Result, Role, names::Names},
    report::{
        self,
        definition::{ColumnType, Report, Title},
        outline::{self, FieldOutline, Labels, LedgerOutline, StateOutline},
        output,
        params::Params,
        run::{Answer, ReportError, Setting},
        scope::Scope,
    },
};
use base64::Engine as _;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Ledger whose records are reports the county has published.
const LEDGER: &str = "report_definition";

/// The ledgers as reports see them.
#[must_use]
pub fn outlines(catalogue: &Catalogue) -> Vec<LedgerOutline> {
    catalogue.iter_latest().map(|definition| outline_of(definition)).collect()
}

fn outline_of(definition: &Definition) -> LedgerOutline {
    let title = |t: &crate::ledger::Bilingual| Title { zh: t.zh.clone(), en: t.en.clone() };
    LedgerOutline {
        code: definition.code.clone(),
        title: title(&definition.title),
        subject: match definition.subject {
            Subject::Student => outline::Subject::Student,
            Subject::School => outline::Subject::School,
            Subject::County => outline::Subject::County,
        },
        states: definition
            .lifecycle
            .iter()
            .flat_map(|l| &l.states)
            .map(|s| StateOutline { code: s.code.clone(), open: s.open, counts: s.counts })
            .collect(),
        fields: definition
            .fields
            .iter()
            .map(|f| FieldOutline {
                code: f.code.clone(),
                title: title(&f.title),
                kind: column_type(f.kind),
                options: f.options.as_ref().map(|o| match o {
                    OptionsRef::Own(list) => format!("{}.{list}", definition.code),
                    OptionsRef::Other { ledger, list } => format!("{ledger}.{list}"),
                }),
            })
            .collect(),
        net: net(definition),
    }
}

/// What of a record's money counts, as reports and sums of lists ask the database.
#[must_use]
pub fn net(definition: &Definition) -> Option<outline::NetOutline> {
    let net = definition.net.as_ref()?;
    Some(outline::NetOutline { of: net.of.clone(), less: net.less.clone(), nothing_when: net.nothing_when.clone() })
}

fn column_type(kind: FieldType) -> ColumnType {
    match kind {
        FieldType::Int => ColumnType::Int,
        FieldType::Dec1 => ColumnType::Dec1,
        FieldType::Money => ColumnType::Money,
        FieldType::Pct => ColumnType::Pct,
        FieldType::Bool => ColumnType::Bool,
        FieldType::Date | FieldType::Month => ColumnType::Date,
        FieldType::Choice => ColumnType::Choice,
        FieldType::Flags => ColumnType::Flags,
        FieldType::School => ColumnType::School,
        FieldType::Student => ColumnType::Student,
        _ => ColumnType::Text,
    }
}

/// Labels of codes out of the definitions in force, and names of records out of the store.
#[derive(Debug)]
pub struct ReplicaLabels<'a> {
    names: Names<'a>,
    /// Records by name.
    by_name: bool,
}

impl Labels for ReplicaLabels<'_> {
    fn label(&self, ledger: &str, list: &str, code: &str, lang: Lang) -> Option<String> {
        if list == "$effect" {
            let key = format!("report-effect-{}", code.replace('_', "-"));
            let text = crate::locale::text(lang, &key, &[]);
            return (text != key).then_some(text);
        }
        let definition = self.names.catalogue().latest(ledger)?;
        let title = match list {
            "$ledger" => &definition.title,
            "$state" => &definition.lifecycle.as_ref()?.state(code)?.title,
            "$step" => &definition.lifecycle.as_ref()?.step(code)?.title,
            list => &definition.option_list(list)?.choice(code)?.title,
        };
        Some(title.get(lang).to_owned())
    }

    fn names_records(&self) -> bool {
        self.by_name
    }

    fn record(&self, id: &str, _: Lang) -> Option<String> {
        self.names.name(id)
    }
}

/// The reports there are: shipped, and published by the county.
pub fn catalogue(replica: &Replica) -> Result<report::catalogue::Catalogue> {
    let mut reports = report::catalogue::Catalogue::shipped();
    if replica.catalogue().latest(LEDGER).is_some() {
        let texts: Vec<String> = replica.store().read(|c| -> Result<Vec<String>> {
            let mut statement = c.prepare_cached("SELECT text FROM record_report_definition WHERE void = 0 ORDER BY _id")?;
            Ok(statement.query_map([], |r| r.get::<_, Option<String>>(0))?.collect::<rusqlite::Result<Vec<_>>>()?.into_iter().flatten().collect())
        })?;
        for text in texts {
            if let Err(problems) = reports.extend(&text) {
                tracing::warn!(count = problems.len(), "a published report cannot be read by this version");
            }
        }
    }
    Ok(reports)
}

/// The list of reports.
pub fn list(replica: &Replica, lang: Lang) -> Json {
    let ledgers = outlines(&replica.catalogue());
    let reports = catalogue(replica).unwrap_or_default();
    let rows: Vec<Json> = reports
        .names(&ledgers)
        .into_iter()
        .filter_map(|name| reports.find(&name, &ledgers).ok())
        .map(|r| {
            let params: Vec<Json> = r
                .parameters
                .iter()
                .map(|p| json!({ "name": p.name, "title": p.title.get(lang), "default": p.default, "required": p.required }))
                .collect();
            json!({ "name": r.name, "question": r.question, "title": r.title.get(lang), "help": r.help.get(lang), "parameters": params })
        })
        .collect();
    json!({ "reports": rows })
}

fn fault(error: &ReportError) -> ReplicaError {
    ReplicaError::Fault(Fault::from(error))
}

/// Runs a report.
pub(super) fn run(replica: &Replica, name: &str, params: &BTreeMap<String, String>, format: Format, lang: Lang) -> Result<(Json, audit::Read)> {
    let ledgers = outlines(&replica.catalogue());
    let report = catalogue(replica)?.find(name, &ledgers).map_err(|e| fault(&e))?;
    let asked: Vec<(&str, &str)> = params.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
    let params = Params::read(&report, &asked, replica.clock().today()).map_err(|e| fault(&ReportError::from(e)))?;
    let answer = answer(replica, &report, &params, &ledgers)?;
    let read = audit::read_of(&report.name, &answer, false);
    Ok((show(&answer, replica, true, format, lang)?, read))
}

/// Several reports for one page, as rows alone, in their order, each with its own failure; as [`run`] notes each, all in one commit and without those that show nobody.
///
/// # Errors
/// The store's.
pub fn rows(
    replica: &Replica,
    who: &str,
    asked: &[(&Report, &BTreeMap<String, String>)],
    lang: Lang,
) -> Result<Vec<std::result::Result<Json, Fault>>> {
    let ledgers = outlines(&replica.catalogue());
    let today = replica.clock().today();
    let answers = replica.store().read_mut(|c| -> Result<Vec<std::result::Result<Answer, ReportError>>> {
        let setting = Setting::new(&ledgers, Scope::of(school_of(replica))).rows_alone();
        let one = |(report, params): &(&Report, &BTreeMap<String, String>)| {
            let given: Vec<(&str, &str)> = params.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            report::run::run(c, report, &Params::read(report, &given, today)?, &setting)
        };
        Ok(asked.iter().map(one).collect())
    })?;
    let reads = answers.iter().flatten().map(|answer| audit::read_of(&answer.report, answer, false)).filter(|read| read.rows > 0).collect();
    audit::reads(replica, who, audit::action("report", Format::Json), reads);
    let shown = |answer: std::result::Result<Answer, ReportError>| {
        let answer = answer.map_err(|error| Fault::from(&error))?;
        show(&answer, replica, true, Format::Json, lang).map_err(Fault::from)
    };
    Ok(answers.into_iter().map(shown).collect())
}

/// The school whose records this replica may show; `None`: the county's, all.
fn school_of(replica: &Replica) -> Option<SchoolCode> {
    match replica.me().role {
        Role::Hub => None,
        Role::Node(school) => Some(school),
    }
}

/// Runs a question within this replica's scope.
pub(super) fn answer(replica: &Replica, report: &Report, params: &Params, ledgers: &[LedgerOutline]) -> Result<Answer> {
    replica.store().read_mut(|c| report::run::run_for(c, report, params, ledgers, school_of(replica)).map_err(|e| fault(&e)))
}

/// An answer as asked for: JSON itself, `{"text": …}` for a terminal, `{"base64": …}` for a file. `by_name`: a workbook has records by name.
pub(super) fn show(answer: &Answer, replica: &Replica, by_name: bool, format: Format, lang: Lang) -> Result<Json> {
    let labels = ReplicaLabels { names: Names::of(replica, lang), by_name };
    let file = |bytes: std::result::Result<Vec<u8>, output::OutputError>| -> Result<Json> {
        let bytes = bytes.map_err(|e| Fault::from(&e))?;
        Ok(json!({ "base64": base64::engine::general_purpose::STANDARD.encode(bytes) }))
    };
    match format {
        Format::Json => Ok(output::json(answer, lang, &labels)),
        Format::Table => Ok(json!({ "text": output::table(answer, lang, &labels, None) })),
        Format::Csv => file(output::csv(answer, lang, &labels)),
        Format::Xlsx => file(output::xlsx(answer, lang, &labels)),
    }
}

/// Judges a report file as publishing would.
///
/// # Errors
/// `report-check` with the problems by line.
pub fn check(text: &str) -> std::result::Result<Report, Fault> {
    Report::parse(text).map_err(|problems| Fault::new("report-check", Exit::Input).with("count", problems.len()).of(problems.iter().map(Fault::from)))
}
