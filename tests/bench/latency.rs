//! How long one edit takes to be saved, and to be in a county's query; how fast the projection is made again.

use crate::{Result, county::County, percentiles, say, workload};
use huxue_shared::command::request::{Request, SubjectRef};
use std::{
    collections::BTreeMap,
    process::Command,
    time::{Duration, Instant},
};

/// Edits measured.
const EDITS: usize = 300;
/// Edits followed to the county.
const FOLLOWED: usize = 150;

/// A teacher's care log for one child, validated and saved as the forms do.
fn save(county: &County, n: usize, child: &str) -> Result<(f64, String)> {
    let set: BTreeMap<String, String> =
        [("kind", "visit"), ("with", "guardian"), ("follow_up", "no"), ("on", "2025-11-20"), ("found", "家访了解到孩子近期情绪稳定，作业能按时完成")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
    let replica = county.schools.get(n).ok_or("school")?.replica();
    let began = Instant::now();
    let done = replica.add("care_log", Some(&SubjectRef::Student(child.to_owned())), Some(workload::YEAR), &set, Some("王老师"))?;
    Ok((began.elapsed().as_secs_f64() * 1e3, done.record))
}

fn children(county: &County, school: usize, count: usize) -> Result<Vec<String>> {
    let mut out = Vec::new();
    workload::read(&county.facts.ndjson, |student| {
        if student.school == school && out.len() < count {
            out.push(student.doc(county.schools.get(school).ok_or("school")?.replica()).to_string());
        }
        Ok(())
    })?;
    Ok(out)
}

/// Edit saved, and saved → in a county query.
pub(crate) fn measure(county: &mut County) -> Result<()> {
    let (own, other) = (county.facts.schools.saturating_sub(1), 0);
    county.hang_up(own)?;
    let mut samples = Vec::new();
    for child in children(county, own, EDITS)? {
        samples.push(save(county, own, &child)?.0);
    }
    let [p50, _, p99, _] = percentiles(&mut samples);
    say("latency", "edit_saved_p50_ms", format!("{p50:.2}"));
    say("latency", "edit_saved_p99_ms", format!("{p99:.2}"));
    let mut samples = Vec::new();
    for child in children(county, other, FOLLOWED)? {
        let (_, record) = save(county, other, &child)?;
        let began = Instant::now();
        loop {
            // "No such record" is the answer until it is there.
            if county.hub()?.ask(Request::RecordShow { record: record.clone() }).is_ok() {
                break;
            }
            if began.elapsed() > Duration::from_secs(30) {
                return Err("a saved record did not reach the county in 30 s".into());
            }
        }
        samples.push(began.elapsed().as_secs_f64() * 1e3);
    }
    let [p50, _, p99, _] = percentiles(&mut samples);
    say("latency", "saved_to_county_query_p50_ms", format!("{p50:.1}"));
    say("latency", "saved_to_county_query_p99_ms", format!("{p99:.1}"));
    Ok(())
}

/// The hub's projection from its log alone, by the command.
pub(crate) fn rebuild(county: &mut County) -> Result<()> {
    for n in 0..county.schools.len() {
        county.hang_up(n)?;
    }
    if let Some(hub) = county.hub.take() {
        hub.stop()?;
    }
    let began = Instant::now();
    let output = Command::new(county.binaries.join("huxue-hub"))
        .args(["--data", &county.dir.join("hub").display().to_string(), "--json", "rebuild"])
        .output()?;
    let took = began.elapsed().as_secs_f64();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let documents = answer["documents"].as_f64().ok_or_else(|| format!("rebuild: {}", String::from_utf8_lossy(&output.stderr)))?;
    say("rebuild", "documents", documents);
    say("rebuild", "took_s", format!("{took:.2}"));
    say("rebuild", "documents_per_s", format!("{:.0}", documents / took));
    Ok(())
}
