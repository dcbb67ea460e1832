//! Every shipped report over the whole county, asked as the commands ask it. Meant for a work folder of 60 schools x 1,000 students.

use crate::{Result, county::County, percentiles, say, usage};
use huxue_shared::command::request::{Format, Request};
use std::{collections::BTreeMap, path::Path, time::Instant};

/// Times each report runs.
const RUNS: usize = 5;

/// Syncs the county once, then asks.
pub(crate) fn measure(prepared: &Path, work: &Path, binaries: &Path) -> Result<()> {
    let mut county = County::open(prepared, &work.join("run"), binaries)?;
    for n in county.firsts() {
        county.dial(n)?;
    }
    for n in county.firsts() {
        county.schools.get(n).ok_or("school")?.wait_acked()?;
    }
    let hub = county.hub()?;
    hub.settle()?;
    let status = hub.ask(Request::Status)?;
    say("reports", "students", county.facts.students);
    say("reports", "records", &status["records"]);
    let list = hub.ask(Request::ReportList)?;
    let (mut all, mut shipped) = (Vec::new(), Vec::new());
    let mut child = String::new();
    crate::workload::read(&county.facts.ndjson, |student| {
        if child.is_empty() {
            child = student.doc(county.schools.first().ok_or("school")?.replica()).to_string();
        }
        Ok(())
    })?;
    for report in list["reports"].as_array().ok_or("no reports")? {
        let name = report["name"].as_str().ok_or("a report without a name")?.to_owned();
        let known = |param: &str| report["parameters"].as_array().is_some_and(|list| list.iter().any(|p| p["name"] == param || p == param));
        let mut params: BTreeMap<String, String> = BTreeMap::new();
        if known("year") {
            params.insert("year".to_owned(), crate::workload::YEAR.to_string());
        }
        if known("child") {
            params.insert("child".to_owned(), child.clone());
        }
        // A list of children is longer than one answer may be over a whole county: officers ask for it school by school.
        let run =
            |params: &BTreeMap<String, String>| hub.ask(Request::ReportRun { name: name.clone(), params: params.clone(), format: Format::Json });
        if run(&params).is_err() {
            params.insert("school".to_owned(), crate::workload::school(0).to_string());
        }
        let mut samples = Vec::new();
        for _ in 0..RUNS {
            let began = Instant::now();
            run(&params)?;
            samples.push(began.elapsed().as_secs_f64() * 1e3);
        }
        if !samples.is_empty() {
            if !name.starts_with("overview_") {
                shipped.extend(samples.iter().copied());
            }
            all.extend(samples.iter().copied());
            say("reports", &format!("{name}_p50_ms"), format!("{:.1}", percentiles(&mut samples)[0]));
        }
    }
    let [p50, p95, _, _] = percentiles(&mut shipped);
    say("reports", "shipped_p50_ms", format!("{p50:.1}"));
    say("reports", "shipped_p95_ms", format!("{p95:.1}"));
    let [p50, p95, _, _] = percentiles(&mut all);
    say("reports", "all_p50_ms", format!("{p50:.1}"));
    say("reports", "all_p95_ms", format!("{p95:.1}"));
    say("reports", "hub_rss_mib", format!("{:.0}", usage::rss_mib(Some(hub.pid()))?.0));
    county.close()
}
