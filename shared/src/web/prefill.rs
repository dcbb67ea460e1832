//! Records that are filled from a report (`[prefill]` of a definition): the figures in a new form, a zero report with one click, and beside what was reported what
//! the records say now.
//!
//! Nothing is written that the person did not send: the figures are values in a form, and go the way of anything typed.

use super::{account::Account, desk::Desk, form::Input, reports};
use crate::{
    command::{Request, reporting, request::Format},
    document::view::Value,
    fault::{Exit, Fault},
    ledger::{Definition, FieldType, definition::Required, validate, value},
    locale::{self, Lang},
};
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What the report says, by field of the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Fields that were asked with: the month.
    pub asked: BTreeMap<String, String>,
    /// Field → value as a person would type it.
    pub values: BTreeMap<String, String>,
    /// The report says that there is nothing.
    pub zero: bool,
    /// Field → why the records say nothing, and what to do.
    pub empty: BTreeMap<String, String>,
}

/// The box over a new form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Fields the report is asked with: code, title, kind of input, value.
    pub asked: Vec<(String, String, &'static str, String)>,
    /// Where it is asked again.
    pub again: String,
    /// What the records say: title and value.
    pub figures: Vec<(String, String)>,
    /// What they rest on, in a sentence, and whether that is less than was due; empty: nothing is said.
    pub rests_on: (String, bool),
    /// Why no record of what was asked can be made, as the engine would say it; empty: one can.
    pub refused: String,
    /// No holidays are known here: what counts school days counts every Monday to Friday.
    pub no_calendar: bool,
    /// Everything a record of it holds, when it may be made with one click.
    pub zero: Vec<(String, String)>,
    /// What it still needs, of which the records say nothing: code, title, and why. Asked with the click.
    pub missing: Vec<(String, String, String)>,
    /// Where it is sent.
    pub action: String,
}

/// A field reported beside what the records say now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Title.
    pub title: String,
    /// As reported.
    pub reported: String,
    /// By the records, now.
    pub now: String,
    /// They differ.
    pub differs: bool,
}

/// Asks the ledger's report; `None` without one, and when it has no answer for this school.
///
/// # Errors
/// The store's. A value the report cannot take (a month that is none) gives no figures: the form says what is wrong with it.
pub fn figures(
    desk: &Desk,
    account: &Account,
    definition: &Definition,
    typed: &BTreeMap<String, String>,
    lang: Lang,
) -> Result<Option<Figures>, Fault> {
    let Some(prefill) = &definition.prefill else { return Ok(None) };
    let ledgers = reporting::outlines(&desk.replica.catalogue());
    let Ok(report) = reporting::catalogue(&desk.replica).map_err(Fault::from)?.find(&prefill.report, &ledgers) else { return Ok(None) };
    if !reports::allowed(desk, account, &report) {
        return Ok(None);
    }
    let own = report.parameters.iter().filter(|p| definition.declared(&p.name).is_some());
    let params: BTreeMap<String, String> =
        own.filter_map(|p| Some((p.name.clone(), typed.get(&p.name).filter(|text| !text.trim().is_empty())?.clone()))).collect();
    let answer = match desk.ask(account, Request::ReportRun { name: report.name.clone(), params, format: Format::Json }, lang) {
        Ok(answer) => answer,
        Err(fault) if matches!(fault.exit, Exit::Input | Exit::Usage | Exit::NoMatch) => return Ok(None),
        Err(fault) => return Err(fault),
    };
    let Some(row) = answer.get("rows").and_then(Json::as_array).and_then(|rows| rows.first()) else { return Ok(None) };
    let declared = report.columns.iter().filter_map(|c| definition.declared(&c.code));
    let values: BTreeMap<String, String> = declared.filter_map(|f| Some((f.code.clone(), plain(f.kind, row.get(&f.code)?)?))).collect();
    let asked = report.parameters.iter().filter_map(|p| Some((p.name.clone(), values.get(&p.name)?.clone()))).collect();
    let zero = prefill.zero.as_ref().is_some_and(|code| values.get(code).is_some_and(|text| text == "yes"));
    let empty = report.columns.iter().filter(|c| !values.contains_key(&c.code));
    let empty = empty.filter_map(|c| Some((c.code.clone(), c.empty.as_ref()?.get(lang).to_owned()))).collect();
    Ok(Some(Figures { asked, values, zero, empty }))
}

/// A cell as a person would type it into the field.
fn plain(kind: FieldType, cell: &Json) -> Option<String> {
    match (kind, cell) {
        (_, Json::Null) => None,
        (FieldType::Bool, cell) => Some(if cell.as_i64() == Some(1) || cell.as_bool() == Some(true) { "yes" } else { "no" }.to_owned()),
        (FieldType::Money, cell) => cell.as_i64().map(crate::model::money::fen_to_yuan),
        (_, Json::String(text)) => Some(text.clone()),
        (_, Json::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

/// The box over a new form; `action`: where a record is added, with its token.
#[must_use]
pub fn offer(desk: &Desk, definition: &Definition, figures: &Figures, action: String, lang: Lang) -> Offer {
    let catalogue = desk.replica.catalogue();
    let title = |code: &str| definition.declared(code).map(|f| f.title.get(lang).to_owned()).unwrap_or_default();
    let shown = |code: &str, text: &str| {
        let field = definition.declared(code)?;
        let read = value::read(&catalogue, definition, field, text, &BTreeMap::new()).ok()?;
        Some(read.values.first().map_or_else(|| text.to_owned(), |(_, v)| value::show_value(&catalogue, definition, field, v, lang)))
    };
    let kind = |code: &str| match definition.declared(code).map(|f| f.kind) {
        Some(FieldType::Month) => "month",
        Some(FieldType::Date) => "date",
        _ => "text",
    };
    let results = definition.fields.iter().filter(|f| !figures.asked.contains_key(&f.code)).filter_map(|f| {
        let why = || figures.empty.get(&f.code).cloned();
        Some((f.title.get(lang).to_owned(), figures.values.get(&f.code).map_or_else(why, |text| shown(&f.code, text))?))
    });
    let refused = refused(desk, definition, &figures.asked, lang);
    let zero = figures.zero && refused.is_empty();
    let missing = figures.empty.iter().filter_map(|(code, why)| Some((definition.declared(code)?, why)));
    let missing = missing.filter(|(field, _)| zero && field.required != Required::No);
    let missing = missing.map(|(field, why)| (field.code.clone(), field.title.get(lang).to_owned(), why.clone())).collect();
    let counts_days = definition.prefill.as_ref().is_some_and(|prefill| prefill.rests_on.is_some());
    Offer {
        no_calendar: counts_days && refused.is_empty() && desk.replica.holidays().is_none(),
        missing,
        asked: figures.asked.iter().map(|(code, text)| (code.clone(), title(code), kind(code), text.clone())).collect(),
        again: format!("/ledger/{}/new", definition.code),
        figures: if refused.is_empty() { results.collect() } else { Vec::new() },
        rests_on: if refused.is_empty() { rests_on(definition, figures, lang) } else { (String::new(), false) },
        zero: if zero { figures.values.clone().into_iter().collect() } else { Vec::new() },
        refused,
        action,
    }
}

/// What the definition's checks say against what is asked: a month that has not begun.
fn refused(desk: &Desk, definition: &Definition, asked: &BTreeMap<String, String>, lang: Lang) -> String {
    let inputs: Vec<(String, String)> = asked.clone().into_iter().collect();
    let Ok(reading) = value::read_all(&desk.replica.catalogue(), definition, &BTreeMap::new(), &inputs) else { return String::new() };
    let fields: BTreeMap<String, Value> = reading.values.into_iter().collect();
    desk.replica.around(|around| {
        let about_asked = |finding: &validate::Finding| finding.blocks && finding.about.iter().all(|field| asked.contains_key(field));
        let found = definition.checks.iter().filter_map(|check| validate::broken(check, &fields, None, around)).find(about_asked);
        found.map(|finding| locale::fault(lang, &finding.fault(definition)).0).unwrap_or_default()
    })
}

/// `依据：已点名（班次）18，应点名（班次）20。`
fn rests_on(definition: &Definition, figures: &Figures, lang: Lang) -> (String, bool) {
    let Some((done, due)) = definition.prefill.as_ref().and_then(|p| p.rests_on.as_ref()) else { return (String::new(), false) };
    let number = |code: &str| figures.values.get(code).and_then(|text| text.parse::<i64>().ok());
    let title = |code: &str| definition.declared(code).map(|f| f.title.get(lang)).unwrap_or_default();
    let (Some(count), Some(whole)) = (number(done), number(due)) else { return (String::new(), false) };
    let particulars = [("done", title(done)), ("count", &count.to_string()), ("due", title(due)), ("whole", &whole.to_string())];
    (locale::text(lang, if count < whole { "paper-rests-on-less" } else { "paper-rests-on" }, &particulars), count < whole)
}

/// Says beside each field what the records say, and marks what was typed otherwise.
pub fn beside(inputs: &mut [Input], figures: &Figures, lang: Lang) {
    for input in inputs.iter_mut().filter(|input| !figures.asked.contains_key(&input.code)) {
        let Some(now) = figures.values.get(&input.code) else {
            if let Some(why) = figures.empty.get(&input.code) {
                input.help = if input.help.is_empty() { why.clone() } else { format!("{} {why}", input.help) };
            }
            continue;
        };
        let word = match now.as_str() {
            "yes" => locale::text(lang, "ledger-yes", &[]),
            "no" => locale::text(lang, "ledger-no", &[]),
            other => other.to_owned(),
        };
        let same = input.value.is_empty() || input.value == *now || input.options.iter().any(|o| o.on && o.title == word);
        let key = if same { "paper-by-records" } else { "paper-by-records-other" };
        let said = locale::text(lang, key, &[("value", &word)]);
        input.help = if input.help.is_empty() { said } else { format!("{} {said}", input.help) };
    }
}

/// What a record reports beside what the records say now; empty for ledgers without a report.
///
/// # Errors
/// The store's.
pub fn compared(
    desk: &Desk,
    account: &Account,
    definition: &Definition,
    fields: &BTreeMap<String, Value>,
    lang: Lang,
) -> Result<Vec<Compared>, Fault> {
    if definition.prefill.is_none() {
        return Ok(Vec::new());
    }
    let text = |code: &str| match fields.get(code) {
        Some(Value::Str(text)) => text.clone(),
        Some(Value::Int(number)) => number.to_string(),
        _ => String::new(),
    };
    let typed: BTreeMap<String, String> = definition.fields.iter().map(|f| (f.code.clone(), text(&f.code))).collect();
    let Some(figures) = figures(desk, account, definition, &typed, lang)? else { return Ok(Vec::new()) };
    let catalogue = desk.replica.catalogue();
    let own = definition.fields.iter().filter(|f| !figures.asked.contains_key(&f.code));
    let lines = own.filter_map(|f| {
        let now = figures.values.get(&f.code)?;
        let read = value::read(&catalogue, definition, f, now, &BTreeMap::new()).ok()?;
        let (_, now) = read.values.into_iter().next()?;
        let shown = |v: &Value| value::show_value(&catalogue, definition, f, v, lang);
        let reported = fields.get(&f.code).cloned().unwrap_or(Value::Null);
        Some(Compared { title: f.title.get(lang).to_owned(), reported: shown(&reported), now: shown(&now), differs: reported != now })
    });
    Ok(lines.collect())
}

/// The next number of a ledger's papers in this calendar year, after the greatest one known here: `石桥小学〔2026〕3号`. Two machines without a link may propose
/// the same one; the paper and the report `numbers_twice` say so.
///
/// # Errors
/// The store's.
pub fn next_number(desk: &Desk, definition: &Definition, field: &str) -> Result<String, Fault> {
    let wanted = crate::replica::browse::Wanted { limit: 20_000, ..Default::default() };
    let rows = desk.replica.page(definition, &wanted).map_err(Fault::from)?.rows;
    let year = desk.clock().today().year().to_string();
    let numbers = rows.iter().filter_map(|row| match row.fields.get(field) {
        Some(Value::Str(text)) => Some(text.as_str()),
        _ => None,
    });
    let (prefix, last) = numbers.filter_map(|text| serial(text, &year)).max_by_key(|(_, number)| *number).unwrap_or((desk.config.place.as_str(), 0));
    Ok(format!("{prefix}〔{year}〕{}号", last + 1))
}

/// Prefix and serial of a number of this year: `石桥小学〔2026〕12号` → (石桥小学, 12).
fn serial<'a>(text: &'a str, year: &str) -> Option<(&'a str, u32)> {
    let at = text.rfind(year)?;
    let rest: String = text.get(at + year.len()..)?.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    Some((text.get(..at)?.trim_end_matches(['〔', '[', '（', '(', '【']), rest.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_serial_of_a_number_is_read_as_schools_write_it() {
        assert_eq!(serial("石桥小学〔2026〕12号", "2026"), Some(("石桥小学", 12)));
        assert_eq!(serial("石小劝返[2026]第003号", "2026"), Some(("石小劝返", 3)));
        assert_eq!(serial("石桥小学〔2025〕12号", "2026"), None);
        assert_eq!(serial("2026", "2026"), None);
    }
}
