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
    let mut all = Vec::new();
    for report in list["reports"].as_array().ok_or("no reports")? {
        let name = report["name"].as_str().ok_or("a report without a name")?.to_owned();
        let mut samples = Vec::new();
        let mut params: BTreeMap<String, String> = BTreeMap::from([("year".to_owned(), crate::workload::YEAR.to_string())]);
        if name == "one_child" {
            params.insert("student".to_owned(), "张伟".to_owned());
        }
        for _ in 0..RUNS {
            let began = Instant::now();
            let answer = hub.ask(Request::ReportRun { name: name.clone(), params: params.clone(), format: Format::Json });
            if let Err(error) = answer {
                eprintln!("{name}: {error}");
                break;
            }
            samples.push(began.elapsed().as_secs_f64() * 1e3);
        }
        if !samples.is_empty() {
            all.extend(samples.iter().copied());
            say("reports", &format!("{name}_p50_ms"), format!("{:.1}", percentiles(&mut samples)[0]));
        }
    }
    let [p50, p95, _, _] = percentiles(&mut all);
    say("reports", "all_p50_ms", format!("{p50:.1}"));
    say("reports", "all_p95_ms", format!("{p95:.1}"));
    say("reports", "hub_rss_mib", format!("{:.0}", usage::rss_mib(hub.pid())?.0));
    county.close()
}
