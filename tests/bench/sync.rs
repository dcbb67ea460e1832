//! p1 first sync, p2 1 % of the students changed, p3 nothing changed, p4 a concurrent edit.

use crate::{
    Result,
    county::{County, cpu},
    delay,
    limits::Limits,
    say, seconds, usage, workload,
};
use huxue_shared::{
    command::request::Request,
    document::view::Value,
    document::write::{Edit, Target},
    replica::edit::{DocEdit, What},
};
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Spaces that every node shares with the hub for one year: published, the county's for the school, the school's.
const SPACES: u64 = 3;
/// One way, of the wire that counts round trips.
const DELAY: Duration = Duration::from_millis(50);

/// Everything ships for the first time.
pub(crate) fn first(county: &mut County, limits: &Limits) -> Result<()> {
    let before = cpu(county)?;
    let began = Instant::now();
    for n in county.firsts() {
        county.dial(n)?;
    }
    for n in county.firsts() {
        county.schools.get(n).ok_or("school")?.wait_acked()?;
    }
    let durable = began.elapsed();
    let after_durable = cpu(county)?;
    county.hub()?.settle()?;
    let queryable = began.elapsed();
    let after = cpu(county)?;
    county.wait_pulses(2)?;
    let traffic = county.traffic();
    let hub = county.hub()?;
    let documents = hub.ask(Request::Status)?["documents"].clone();
    let (rss, peak) = usage::rss_mib(Some(hub.pid()))?;
    say("p1", "schools", county.facts.schools);
    say("p1", "students", county.facts.students);
    say("p1", "changes", county.facts.changes);
    say("p1", "hub_documents", documents);
    say("p1", "durable_s", seconds(durable));
    say("p1", "durable_over_l2", format!("{:.2}", durable.as_secs_f64() / limits.sqlite_s));
    say("p1", "queryable_s", seconds(queryable));
    say("p1", "queryable_over_l4", format!("{:.2}", queryable.as_secs_f64() / limits.automerge_s));
    say("p1", "cpu_hub_s", format!("{:.2}", after.0 - before.0));
    say("p1", "cpu_hub_until_durable_s", format!("{:.2}", after_durable.0 - before.0));
    say("p1", "cpu_schools_s", format!("{:.2}", after.1 - before.1));
    say("p1", "wire_bytes", traffic.bytes());
    say("p1", "wire_bytes_up", traffic.sent_bytes);
    say("p1", "wire_bytes_down", traffic.received_bytes);
    say("p1", "wire_over_l3", format!("{:.3}", traffic.bytes() as f64 / limits.zstd_bytes as f64));
    say("p1", "hub_rss_mib", format!("{rss:.0}"));
    say("p1", "hub_rss_peak_mib", format!("{peak:.0}"));
    say("p1", "hub_disk_bytes", usage::disk_bytes(&county.dir.join("hub"))?);
    Ok(())
}

/// New events by school; `second` makes other records of the same events.
fn increments(county: &County) -> Result<BTreeMap<usize, Vec<DocEdit>>> {
    let mut out: BTreeMap<usize, Vec<DocEdit>> = BTreeMap::new();
    workload::read(&county.facts.ndjson, |student| {
        let replica = county.schools.get(student.school).ok_or("school")?.replica();
        if let Some(edit) = student.increment(replica) {
            out.entry(student.school).or_default().push(edit);
        }
        Ok(())
    })?;
    Ok(out)
}

/// 1 % of the students have one new event each: on live connections, then while disconnected.
pub(crate) fn changed(county: &mut County) -> Result<()> {
    let edits = increments(county)?;
    let count: usize = edits.values().map(Vec::len).sum();
    let before = county.traffic();
    let began = Instant::now();
    for (n, list) in edits {
        let replica = county.schools.get(n).ok_or("school")?.replica();
        // As teachers save them: one commit each.
        for edit in list {
            replica.commit(vec![edit])?;
        }
    }
    let saved = began.elapsed();
    for n in county.firsts() {
        county.schools.get(n).ok_or("school")?.wait_acked()?;
    }
    let live = began.elapsed();
    county.wait_pulses(2)?;
    say("p2", "events", count);
    say("p2", "live_s", seconds(live));
    say("p2", "live_saving_s", seconds(saved));
    say("p2", "live_after_last_save_s", seconds(live.saturating_sub(saved)));
    say("p2", "live_bytes", county.traffic().since(&before).bytes());

    let before = county.traffic();
    let edits = increments(county)?;
    let began = Instant::now();
    // A school's events in one commit, as a roll or an import saves them: what the peers of DESIGN §7 were measured with.
    for (n, list) in edits {
        county.schools.get(n).ok_or("school")?.replica().commit(list)?;
    }
    let saved = began.elapsed();
    for n in county.firsts() {
        county.schools.get(n).ok_or("school")?.wait_acked()?;
    }
    let live = began.elapsed();
    county.wait_pulses(2)?;
    say("p2", "live_one_commit_a_school_s", seconds(live));
    say("p2", "live_one_commit_a_school_after_last_save_s", seconds(live.saturating_sub(saved)));
    say("p2", "live_one_commit_a_school_bytes", county.traffic().since(&before).bytes());

    for n in county.firsts() {
        county.hang_up(n)?;
    }
    for (n, list) in increments(county)? {
        county.schools.get(n).ok_or("school")?.replica().commit(list)?;
    }
    let before = county.traffic();
    let began = Instant::now();
    for n in county.firsts() {
        county.dial(n)?;
    }
    for n in county.firsts() {
        county.schools.get(n).ok_or("school")?.wait_acked()?;
    }
    let reconnect = began.elapsed();
    for n in county.firsts() {
        county.hang_up(n)?;
    }
    say("p2", "reconnect_s", seconds(reconnect));
    say("p2", "reconnect_bytes", county.traffic().since(&before).bytes());
    for n in county.firsts() {
        county.dial(n)?;
    }
    for n in county.firsts() {
        county.schools.get(n).ok_or("school")?.wait_in_sync(SPACES)?;
    }
    Ok(())
}

/// Nothing changed: what an idle link costs, and what a reconnect costs.
pub(crate) fn unchanged(county: &mut County) -> Result<()> {
    let schools = county.firsts().len();
    county.wait_pulses(2)?;
    let (before, began) = (county.traffic(), Instant::now());
    county.wait_pulses(2)?;
    let idle = county.traffic().since(&before).bytes() as f64 / schools as f64 / began.elapsed().as_secs_f64() * 20.0;
    say("p3", "live_bytes_per_school_and_20_s", format!("{idle:.0}"));
    for n in county.firsts() {
        county.hang_up(n)?;
    }
    let before = county.traffic();
    let began = Instant::now();
    for n in county.firsts() {
        county.dial(n)?;
    }
    for n in county.firsts() {
        county.schools.get(n).ok_or("school")?.wait_in_sync(SPACES)?;
    }
    let took = began.elapsed();
    for n in county.firsts() {
        county.hang_up(n)?;
    }
    let traffic = county.traffic().since(&before);
    say("p3", "reconnect_s", seconds(took));
    say("p3", "reconnect_bytes_per_school", traffic.bytes() / schools as u64);
    say("p3", "reconnect_datagrams_per_school", (traffic.sent_datagrams + traffic.received_datagrams) / schools as u64);
    round_trips(county)?;
    for n in county.firsts() {
        county.dial(n)?;
    }
    for n in county.firsts() {
        county.schools.get(n).ok_or("school")?.wait_in_sync(SPACES)?;
    }
    Ok(())
}

/// One node reconnects over a wire with a delay: time ÷ round-trip time, handshake included.
fn round_trips(county: &mut County) -> Result<()> {
    let port = delay::start(&county.runtime, ([127, 0, 0, 1], county.facts.port).into(), DELAY)?;
    let school = county.schools.first_mut().ok_or("school")?;
    let straight = std::mem::replace(&mut school.node.file.hub, format!("127.0.0.1:{port}"));
    let began = Instant::now();
    county.dial(0)?;
    county.schools.first().ok_or("school")?.wait_in_sync(SPACES)?;
    let took = began.elapsed();
    county.hang_up(0)?;
    county.schools.first_mut().ok_or("school")?.node.file.hub = straight;
    say("p3", "reconnect_round_trips_with_handshake", format!("{:.2}", took.as_secs_f64() / (2.0 * DELAY.as_secs_f64())));
    Ok(())
}

/// Two machines of school 0 set one field apart, with no link between them.
pub(crate) fn concurrent(county: &mut County) -> Result<()> {
    let second = county.facts.schools;
    county.dial(second)?;
    county.schools.get(second).ok_or("second node")?.wait_in_sync(SPACES)?;
    county.schools.get(second).ok_or("second node")?.replica().settle();
    county.hang_up(second)?;
    county.hang_up(0)?;
    let mut doc = None;
    workload::read(&county.facts.ndjson, |student| {
        if student.school == 0 && doc.is_none() {
            doc = Some(student.doc(county.schools.first().ok_or("school")?.replica()));
        }
        Ok(())
    })?;
    let doc = doc.ok_or("no student")?;
    for (n, address) in [(0, "甲村一组"), (second, "乙村二组")] {
        let sets = vec![(Target::Subject, "address".to_owned(), Value::Str(address.to_owned()))];
        let edit = DocEdit { space: workload::space(0), doc, what: What::Edit(Edit { sets, ..Edit::default() }) };
        county.schools.get(n).ok_or("node")?.replica().commit(vec![edit])?;
    }
    for n in [0, second] {
        county.dial(n)?;
        county.schools.get(n).ok_or("node")?.wait_acked()?;
    }
    let hub = county.hub()?;
    hub.settle()?;
    let found = hub.ask(Request::ConflictsList { school: None, kind: Some("field".to_owned()) })?;
    let item = &found["conflicts"][0];
    say("p4", "conflict_items_at_the_county", found["conflicts"].as_array().map_or(0, Vec::len));
    say("p4", "values_kept", item["detail"]["values"].as_array().or_else(|| item["values"].as_array()).map_or(0, Vec::len));
    county.hang_up(second)?;
    Ok(())
}
