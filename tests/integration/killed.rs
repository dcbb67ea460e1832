//! SIGKILL of real daemons amid sync: what was acknowledged is there, and everything converges.

use huxue_tests::{County, Daemon, Side, sample};
use serde_json::Value as Json;
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_mins(1);

fn school_space(side: &Side) -> Json {
    let status = side.run(&["status"]).ok();
    status["spaces"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|s| s["space"].as_str().is_some_and(|name| name.starts_with("school/")))
        .cloned()
        .unwrap_or(Json::Null)
}

fn number(space: &Json, key: &str) -> u64 {
    space[key].as_u64().unwrap_or(0)
}

/// Asks until it is so; never longer than a minute.
fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(began.elapsed() < LIMIT, "{what} did not come within a minute");
    }
}

#[test]
fn a_node_and_a_hub_killed_amid_sync_lose_nothing_acknowledged_and_converge() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    let quic = county.quic();
    let _ = node.run(&["import", "roster", &sample("roster-messy.xlsx"), "--this-school"]);
    let head = number(&school_space(&node), "head");
    assert!(head >= 110);

    let mut received = 0;
    let (_root, hub, daemon) = county.into_parts();
    let mut hub_daemon: Option<Daemon> = Some(daemon);
    for round in 0..4 {
        // The links are cut in every round at another place: at once, at the first changes, once some are acknowledged, at the end.
        let node_daemon = node.serve(&[]);
        let wanted = [0, 1, head / 2, head][round];
        let known = until("a change at the hub", || Some(number(&school_space(&hub), "head")).filter(|there| *there >= wanted));
        let told = number(&school_space(&node), "acknowledged");
        // Dropping kills (SIGKILL): now the hub first, now the node.
        if round % 2 == 0 {
            drop(hub_daemon.take());
        }
        drop(node_daemon);
        drop(hub_daemon.take());
        // What the node was told the county has, the county has; what the hub showed it still shows.
        let after = number(&school_space(&hub), "head");
        assert!(after >= told && after >= known && after >= received, "round {round}: {after} of {told} told, {known} shown, {received} before");
        received = after;
        hub_daemon = Some(hub.serve(&["--listen-quic", &quic]));
    }
    let _ = node.run(&["sync", "now"]).ok();
    let (here, there) = (school_space(&node), school_space(&hub));
    assert_eq!((number(&here, "changes"), &here["digest"]), (number(&there, "changes"), &there["digest"]));
    let ask = |side: &Side| side.run(&["query", "enrolment", "--limit", "500", "--column", "name", "--column", "grade"]).ok()["rows"].clone();
    assert_eq!(ask(&hub).as_array().map(Vec::len), Some(110));
    assert_eq!(ask(&node).as_array().map(Vec::len), Some(110));
    let _ = node.run(&["verify"]).ok();
    let _ = hub.run(&["verify"]).ok();
}
