//! Reports of this replica: which there are, their parameters, the answer as a table with the chart its head asks for ([`figure`]), and as a workbook.
//!
//! A report counts over whole ledgers, so only who reads those ledgers whole may run it; of one whose rows are of single children (`by_class`), who reads them for
//! some classes sees the rows of those, and nothing that was counted over the others.

mod figure;

use super::{
    account::{Account, Class, Reach},
    chart::Drawing,
    children,
    desk::Desk,
    guard::{Oops, Visitor},
    ledgers::file,
    page::{Page, Said, draw, escape_query},
    shown,
};
use crate::{
    command::{Request, reporting, request::Format},
    fault::{Exit, Fault},
    ledger::definition::{Privacy, Subject},
    locale::Lang,
    model::money,
    replica::{browse::Pupil, names::Names},
    report::{
        definition::{ParameterType, Report, ReportScope},
        outline::is_record,
    },
};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{Path, Query, State},
    response::Response,
    routing::get,
};
use base64::Engine as _;
use serde_json::Value as Json;
use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

/// Rows of an answer shown; the workbook has them all.
const ROWS_SHOWN: usize = 500;
/// Children offered for what was typed.
const CHILDREN_SHOWN: usize = 20;

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/reports", get(list)).route("/report/{name}", get(run)).route("/report/{name}/file", get(workbook))
}

/// A report in the list: name, title, what it counts.
type Entry = (String, String, String);

#[derive(Template)]
#[template(path = "reports.html")]
struct ReportsPage {
    page: Page,
    q: String,
    questions: Vec<Entry>,
    /// One a ledger: folded, unless looked for.
    overviews: Vec<Entry>,
}

#[derive(Debug, Default, serde::Deserialize)]
struct Asked {
    #[serde(default)]
    q: String,
}

#[derive(Clone, Debug)]
struct Param {
    name: String,
    title: String,
    value: String,
    /// `text`, `month`, `date`, or `student`, which is looked for by name.
    kind: &'static str,
    options: Vec<(String, String, bool)>,
}

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    page: Page,
    name: String,
    params: Vec<Param>,
    /// The child asked about, by name; and those that fit what was typed, with where each leads.
    child: String,
    children: Vec<(String, String)>,
    q: String,
    /// A child must be chosen first.
    waits: bool,
    /// What a printed sheet says of itself: school year and the like.
    period: String,
    day: String,
    own_classes: bool,
    said: Option<Said>,
    columns: Vec<(String, bool)>,
    rows: Vec<Vec<(String, bool, Option<String>)>>,
    /// Sums under the columns that may be added up; empty: none may.
    totals: Vec<String>,
    total: usize,
    disputed: Vec<String>,
    export: String,
    chart: Option<Drawing>,
}

/// Whether a person may run a report over the whole school.
pub(super) fn allowed(desk: &Desk, account: &Account, report: &Report) -> bool {
    reach(desk, account, report) == Reach::All
}

/// The rows of a report a person sees: all, those of some classes, or none.
fn reach(desk: &Desk, account: &Account, report: &Report) -> Reach {
    let catalogue = desk.replica.catalogue();
    let mut ledgers: Vec<Reach> = report.ledgers.iter().filter_map(|code| catalogue.latest(code)).map(|d| account.reads(d)).collect();
    if report.sql.contains("{{all_records") {
        // It reads every child's ledger, whatever its head names.
        let every = catalogue.iter_latest().filter(|d| d.subject == Subject::Student && d.privacy != Privacy::C);
        ledgers.extend(every.map(|d| account.reads(d)));
    }
    let children = account.children();
    match &children {
        _ if report.scope == ReportScope::County => Reach::Nothing,
        Reach::All if ledgers.iter().all(|reach| *reach == Reach::All) => Reach::All,
        _ if !report.by_class || ledgers.is_empty() => Reach::Nothing,
        // Every one of the ledgers for the class.
        Reach::Classes(_) | Reach::All => {
            let narrow = std::iter::once(&children).chain(&ledgers).filter_map(|reach| match reach {
                Reach::Classes(list) => Some(list),
                Reach::All | Reach::Nothing => None,
            });
            let classes = narrow.min_by_key(|list| list.len()).cloned().unwrap_or_default();
            let kept: Vec<Class> = classes.into_iter().filter(|class| ledgers.iter().all(|reach| reach.holds(Some(*class)))).collect();
            if kept.is_empty() { Reach::Nothing } else { Reach::Classes(kept) }
        }
        Reach::Nothing => Reach::Nothing,
    }
}

/// The reports there are and the rows of each a person sees; those without any are left out.
fn all(desk: &Desk, account: &Account) -> Result<Vec<(Report, Reach)>, Fault> {
    let ledgers = reporting::outlines(&desk.replica.catalogue());
    let reports = reporting::catalogue(&desk.replica).map_err(Fault::from)?;
    let found = reports.names(&ledgers).into_iter().filter_map(|name| reports.find(&name, &ledgers).ok());
    Ok(found.map(|report| (reach(desk, account, &report), report)).filter(|(reach, _)| reach.any()).map(|(reach, report)| (report, reach)).collect())
}

async fn list(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Query(asked): Query<Asked>) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-reports");
    let drawn = desk
        .run(move |desk| {
            let (lang, q) = (page.lang, asked.q);
            let (mut questions, mut overviews) = (Vec::new(), Vec::new());
            for (report, _) in all(desk, &account)? {
                let title = report.title.get(lang).to_owned();
                if shown::titled(&title, &q) {
                    let line = (report.name.clone(), title, report.help.get(lang).to_owned());
                    if report.name.starts_with("overview_") { overviews.push(line) } else { questions.push(line) }
                }
            }
            Ok(ReportsPage { page, q, questions, overviews })
        })
        .await?;
    draw(&drawn)
}

/// Whether there is any report for a person: else there is no way to them.
pub(super) fn any(account: &Account) -> bool {
    match account.children() {
        Reach::All => true,
        Reach::Classes(classes) => !classes.is_empty(),
        Reach::Nothing => false,
    }
}

fn find(desk: &Desk, account: &Account, name: &str) -> Result<(Report, Reach), Fault> {
    let ledgers = reporting::outlines(&desk.replica.catalogue());
    let report = reporting::catalogue(&desk.replica).map_err(Fault::from)?.find(name, &ledgers).map_err(|e| Fault::from(&e))?;
    let reach = reach(desk, account, &report);
    if reach.any() { Ok((report, reach)) } else { Err(Fault::new("web-not-yours", Exit::NotAllowed)) }
}

type Query_ = Query<BTreeMap<String, String>>;

/// What was asked of the report's own parameters; empty ones are left to their default.
fn params(report: &Report, asked: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let known = |name: &String| name != "school" && report.parameters.iter().any(|p| p.name == *name);
    asked.iter().filter(|(name, value)| known(name) && !value.trim().is_empty()).map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn inputs(desk: &Desk, report: &Report, asked: &BTreeMap<String, String>, answer: &Json, lang: Lang) -> Result<Vec<Param>, Fault> {
    let mut out = Vec::new();
    for p in report.parameters.iter().filter(|p| p.name != "school") {
        let now = asked.get(&p.name).cloned().or_else(|| match &answer["parameters"][p.name.as_str()] {
            Json::String(text) => Some(text.clone()),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        });
        let value = now.unwrap_or_default();
        let t = |key: &str| crate::locale::text(lang, key, &[]);
        let mut options: Vec<(String, String, bool)> = match p.kind {
            ParameterType::Year => years(desk, &value)?,
            ParameterType::Term => {
                [("1", "web-term-1"), ("2", "web-term-2")].iter().map(|(code, key)| ((*code).to_owned(), t(key), value == *code)).collect()
            }
            ParameterType::Choice => p.choices.iter().map(|code| (code.clone(), code.clone(), value == *code)).collect(),
            _ => Vec::new(),
        };
        // What has a default is asked whole by name; what has none is whole when nothing is asked.
        let whole = if p.default.is_none() { Some("") } else { p.all.then_some("all") };
        if let Some(code) = whole.filter(|_| !options.is_empty() && !p.required) {
            let key = if p.kind == ParameterType::Year { "web-report-all-years" } else { "web-all" };
            options.insert(0, (code.to_owned(), t(key), value == code));
        }
        let kind = match p.kind {
            ParameterType::Month => "month",
            ParameterType::Date => "date",
            ParameterType::Student => "student",
            _ => "text",
        };
        out.push(Param { name: p.name.clone(), title: p.title.get(lang).to_owned(), value, kind, options });
    }
    Ok(out)
}

/// School years of which records are kept, as paper writes them; and the one asked for.
fn years(desk: &Desk, asked: &str) -> Result<Vec<(String, String, bool)>, Fault> {
    let mut years = desk.replica.years_kept().map_err(Fault::from)?;
    years.extend(asked.parse::<u16>().ok());
    years.push(desk.replica.this_year().map_err(Fault::from)?.start());
    years.sort_unstable_by(|a, b| b.cmp(a));
    years.dedup();
    Ok(years.into_iter().map(|year| (year.to_string(), crate::model::SchoolYear::words(year), year.to_string() == asked)).collect())
}

async fn run(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(name): Path<String>,
    Query(asked): Query_,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let page = Page::of(&desk, &visitor, "web-report");
    let drawn = desk
        .run(move |desk| {
            let (report, reach) = find(desk, &account, &name)?;
            let drawing = Reading { desk, account: &account, report: &report, reach: &reach, asked: &asked };
            let needed = |name: &str| report.parameters.iter().any(|p| p.name == name && p.required);
            let child = report.parameters.iter().find(|p| p.kind == ParameterType::Student && needed(&p.name));
            if child.is_some_and(|p| asked.get(&p.name).is_none_or(|text| text.trim().is_empty())) {
                return drawing.page(page, &Json::Null, None);
            }
            let request = Request::ReportRun { name: name.clone(), params: params(&report, &asked), format: Format::Json };
            match desk.ask(&account, request, page.lang) {
                Ok(answer) => drawing.page(page, &answer, None),
                Err(fault) if matches!(fault.exit, Exit::Input | Exit::Usage | Exit::NoMatch) => {
                    let said = Said::of(&fault, page.lang);
                    drawing.page(page, &Json::Null, Some(said))
                }
                Err(fault) => Err(fault),
            }
        })
        .await?;
    draw(&drawn)
}

/// The child asked about in words, those offered (where each leads, and in words), and what was typed.
type Children = (String, Vec<(String, String)>, String);

/// A report, who reads it and what was asked.
struct Reading<'a> {
    desk: &'a Desk,
    account: &'a Account,
    report: &'a Report,
    reach: &'a Reach,
    asked: &'a BTreeMap<String, String>,
}

impl Reading<'_> {
    fn page(&self, mut page: Page, answer: &Json, said: Option<Said>) -> Result<ReportPage, Fault> {
        let (report, lang, names) = (self.report, page.lang, Names::of(&self.desk.replica, page.lang));
        report.help.get(lang).clone_into(&mut page.help);
        let columns: Vec<&Json> = answer["columns"].as_array().into_iter().flatten().filter(|c| c["type"] != "school").collect();
        // The child's document is no column of its own: it is what the name leads to.
        let visible: Vec<&Json> = columns.iter().filter(|c| c["type"] != "student").copied().collect();
        let student = columns.iter().find(|c| c["type"] == "student").and_then(|c| c["code"].as_str());
        let class = |row: &Json| row["grade"].as_i64().zip(row["class"].as_i64()).map(|(grade, class)| Class { grade, class });
        let seen = |row: &&Json| *self.reach == Reach::All || self.reach.holds(class(row));
        let all: Vec<&Json> = answer["rows"].as_array().into_iter().flatten().filter(seen).collect();
        let one = |row: &Json, column: &Json| {
            let code = column["code"].as_str().unwrap_or_default();
            let child = student.filter(|_| code == "name").and_then(|s| row[s].as_str()).map(|doc| format!("/child/{doc}"));
            match row[code].as_str().filter(|text| column["type"] == "text" && is_record(text)).map(|id| (id, names.name(id))) {
                Some((id, Some(name))) => (name, false, Some(if id.contains(':') { format!("/record/{id}") } else { format!("/child/{id}") })),
                Some((_, None)) => (page.t("web-not-here"), false, None),
                None => (cell(&row[code], column, &answer["labels"][code], lang), is_number(column), child),
            }
        };
        let rows = all.iter().take(ROWS_SHOWN).map(|row| visible.iter().map(|column| one(row, column)).collect()).collect();
        let chart = figure::drawing(report, &visible, &all, &answer["labels"], lang);
        // How many of the whole school's are disputed is not told to who sees some classes.
        let disputed =
            answer["disputed"].as_array().into_iter().flatten().filter(|d| *self.reach == Reach::All && d["count"].as_i64().unwrap_or(0) > 0);
        let mut query = String::new();
        for (key, value) in self.asked {
            // Writing to a String cannot fail.
            let _ = write!(query, "{}={}&", escape_query(key), escape_query(value));
        }
        let params = inputs(self.desk, report, self.asked, answer, lang)?;
        let chosen = |param: &Param| param.options.iter().find(|(_, _, on)| *on).map(|(_, title, _)| title.clone());
        let of_param = |param: &&Param| param.kind != "student" && !param.value.is_empty();
        let period = params.iter().filter(of_param).map(|p| format!("{}{}{}", p.title, lang.colon(), chosen(p).unwrap_or_else(|| p.value.clone())));
        let who = params.iter().find(|param| param.kind == "student");
        let (child, children, q) = match who {
            Some(param) => self.children(param, lang)?,
            None => Default::default(),
        };
        Ok(ReportPage {
            name: report.name.clone(),
            period: period.collect::<Vec<_>>().join("　"),
            waits: answer.is_null() && said.is_none(),
            child,
            children,
            q,
            day: self.desk.clock().today().to_string(),
            own_classes: *self.reach != Reach::All,
            params,
            said,
            columns: visible.iter().map(|c| (c["title"].as_str().unwrap_or_default().to_owned(), is_number(c))).collect(),
            totals: totals(report, &visible, &all, lang),
            rows,
            total: all.len(),
            disputed: disputed.map(|d| page.t1("web-disputed-not-counted", d["count"].as_i64().unwrap_or(0))).collect(),
            // A workbook is made over the whole school.
            export: if *self.reach == Reach::All && !answer.is_null() { format!("/report/{}/file?{query}", report.name) } else { String::new() },
            chart,
            page: page.titled(report.title.get(lang)),
        })
    }

    /// The child asked about, and those that fit what was typed.
    fn children(&self, param: &Param, lang: Lang) -> Result<Children, Fault> {
        let q = self.asked.get("q").map(|q| q.trim().to_owned()).unwrap_or_default();
        let words = |pupil: &Pupil| format!("{} · {}", pupil.name, shown::class(pupil.grade, pupil.class, lang));
        let year = self.desk.replica.this_year().map_err(Fault::from)?;
        let pupils = children::pupils(self.desk, self.account, year)?;
        let is = |pupil: &&Pupil| pupil.student == param.value || !param.value.is_empty() && pupil.id_no.as_deref() == Some(param.value.as_str());
        let child = pupils.iter().find(is).map_or_else(|| param.value.clone(), words);
        let fits = |pupil: &&Pupil| !q.is_empty() && shown::fits(pupil, &q);
        let to = |pupil: &Pupil| (format!("/report/{}?{}={}", self.report.name, param.name, pupil.student), words(pupil));
        Ok((child, pupils.iter().filter(fits).take(CHILDREN_SHOWN).map(to).collect(), q))
    }
}

/// Sums of the columns that may be added up, over all rows; what is not known adds nothing.
fn totals(report: &Report, columns: &[&Json], rows: &[&Json], lang: Lang) -> Vec<String> {
    let adds = |column: &Json| report.columns.iter().any(|own| own.total && column["code"] == own.code.as_str());
    if rows.len() < 2 || !columns.iter().any(|column| adds(column)) {
        return Vec::new();
    }
    let sum = |column: &Json| rows.iter().filter_map(|row| row[column["code"].as_str()?].as_i64()).sum::<i64>();
    let mut out: Vec<String> =
        columns.iter().map(|column| if adds(column) { cell(&sum(column).into(), column, &Json::Null, lang) } else { String::new() }).collect();
    if let Some(first) = out.iter_mut().find(|text| text.is_empty()) {
        *first = crate::locale::text(lang, "web-report-total", &[]);
    }
    out
}

fn is_number(column: &Json) -> bool {
    matches!(column["type"].as_str(), Some("int" | "dec1" | "money" | "pct"))
}

impl ReportPage {
    /// Whether something besides a child can be asked for.
    fn has_filters(&self) -> bool {
        !self.waits && self.params.iter().any(|param| param.kind != "student")
    }

    fn is_number(&self, at: &usize) -> bool {
        self.columns.get(*at).is_some_and(|(_, number)| *number)
    }
}

pub(super) fn cell(value: &Json, column: &Json, labels: &Json, lang: Lang) -> String {
    let number = value.as_i64();
    match (column["type"].as_str().unwrap_or_default(), value) {
        (_, Json::Null) => String::new(),
        ("year", _) if number.is_some() => format!("{}—{}", number.unwrap_or(0), number.unwrap_or(0) + 1),
        ("term", _) if matches!(number, Some(1 | 2)) => crate::locale::text(lang, if number == Some(1) { "web-term-1" } else { "web-term-2" }, &[]),
        ("money", _) if number.is_some() => money::fen_to_yuan(number.unwrap_or(0)),
        ("pct", _) if number.is_some() => format!("{:.2}%", number.unwrap_or(0) as f64 / 100.0),
        ("dec1", _) if number.is_some() => format!("{:.1}", number.unwrap_or(0) as f64 / 10.0),
        ("bool", Json::Bool(flag)) => crate::locale::text(lang, if *flag { "ledger-yes" } else { "ledger-no" }, &[]),
        ("bool", _) => crate::locale::text(lang, if number == Some(1) { "ledger-yes" } else { "ledger-no" }, &[]),
        ("flags", Json::String(text)) => {
            let label = |code: &str| labels[code].as_str().unwrap_or(code).to_owned();
            text.split('|').filter(|code| !code.is_empty()).map(label).collect::<Vec<_>>().join(lang.comma())
        }
        (_, Json::String(text)) => labels[text.as_str()].as_str().unwrap_or(text).to_owned(),
        (_, other) => other.to_string(),
    }
}

async fn workbook(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(name): Path<String>,
    Query(asked): Query_,
) -> Result<Response, Oops> {
    let account = visitor.person()?.clone();
    let lang = visitor.lang;
    let (title, bytes) = desk
        .run(move |desk| {
            let (report, reach) = find(desk, &account, &name)?;
            if reach != Reach::All {
                return Err(Fault::new("web-not-yours", Exit::NotAllowed));
            }
            let answer =
                desk.ask(&account, Request::ReportRun { name: name.clone(), params: params(&report, &asked), format: Format::Xlsx }, lang)?;
            let bytes = base64::engine::general_purpose::STANDARD.decode(answer["base64"].as_str().unwrap_or_default()).map_err(Fault::internal)?;
            Ok((format!("{}-{}.xlsx", report.title.get(lang), desk.clock().today()), bytes))
        })
        .await?;
    Ok(file(&title, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_added_up_has_a_sum_and_nothing_else() {
        let report = crate::report::catalogue::Catalogue::shipped();
        let report = report.find("aid_paid", &[]).unwrap();
        let column = |code: &str, kind: &str| serde_json::json!({ "code": code, "type": kind });
        let columns = [column("programme", "text"), column("persons", "int"), column("times", "int"), column("amount", "money")];
        let row = |times: i64, fen: Json| serde_json::json!({ "programme": "x", "persons": 1, "times": times, "amount": fen });
        let rows = [row(2, 62_500.into()), row(3, Json::Null)];
        let (columns, rows): (Vec<&Json>, Vec<&Json>) = (columns.iter().collect(), rows.iter().collect());
        let shown = totals(&report, &columns, &rows, Lang::En);
        assert_eq!(shown, ["Total", "", "5", "625"], "persons may stand in several rows");
        assert!(totals(&report, &columns, &rows[..1], Lang::En).is_empty(), "one row is its own sum");
    }

    #[test]
    fn ids_are_told_from_words() {
        for id in ["aid_payment:01M8ABCDEFGHJKMNPQRSTVWXYZ", "aid_programme:d645f36d43f89e0123456789", &"0a".repeat(16)] {
            assert!(is_record(id), "{id}");
        }
        for text in ["note: something", "10:05", "李老师", "", "dropout_case:"] {
            assert!(!is_record(text), "{text}");
        }
    }
}
