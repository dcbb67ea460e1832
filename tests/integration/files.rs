//! Photographs and scans with the real binaries: attached with no link, cleaned, at the county byte for byte, resumed after a kill, and nobody else's.
#![expect(clippy::unwrap_used, reason = "helpers of tests: a failure here is the test's")]

mod relay;

use huxue_tests::{County, Side};
use relay::Relay;
use serde_json::Value as Json;
use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

const MIB: u64 = 1 << 20;

/// A JPEG with a position in it, as a phone writes one.
fn photograph(at: &Path) -> PathBuf {
    let mut plain = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(640, 480).write_to(&mut plain, image::ImageFormat::Jpeg).unwrap();
    let plain = plain.into_inner();
    let exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x25\x88\x04\0\x01\0\0\0\x1a\0\0\0\0\0\0\0\0\0GPS-26.58N-106.71E".to_vec();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let file = at.join("照片.jpg");
    std::fs::write(&file, [&plain[..2], &[0xff, 0xe1], &length[..], &exif, &plain[2..]].concat()).unwrap();
    file
}

/// A scan that does not shrink.
fn scan(at: &Path, bytes: usize) -> (PathBuf, Vec<u8>) {
    let mut state = 7u64;
    let mut content = b"%PDF-1.7\n".to_vec();
    content.resize_with(bytes, || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    });
    let file = at.join("扫描.pdf");
    std::fs::write(&file, &content).unwrap();
    (file, content)
}

fn document(side: &Side) -> String {
    side.run(&["record", "add", "document", "--set", "title=家访记录"]).ok()["record"].as_str().unwrap().to_owned()
}

fn attach(side: &Side, record: &str, field: &str, file: &Path) -> String {
    side.run(&["attach", record, "--field", field, &file.display().to_string()]).ok()["hash"].as_str().unwrap().to_owned()
}

fn get(side: &Side, hash: &str, at: &Path) -> Vec<u8> {
    let out = at.join("got");
    let _ = side.run(&["blob", "get", hash, "--out", &out.display().to_string()]).ok();
    std::fs::read(out).unwrap()
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    bytes.windows(needle.len()).any(|window| window == needle)
}

/// Asks until it is so; never longer than a minute.
fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(began.elapsed() < Duration::from_mins(1), "{what} did not come within a minute");
    }
}

fn blobs(side: &Side) -> Json {
    side.run(&["status"]).ok()["blobs"].clone()
}

#[test]
fn a_photograph_attached_with_no_link_reaches_the_county_cleaned_and_a_second_node_as_a_thumbnail() {
    let county = County::new();
    let at = county.hub.dir().parent().unwrap().to_owned();
    let (a, b, other) = (county.node("n1", "5299010001"), county.node("n2", "5299010001"), county.node("n3", "5299010002"));
    let record = document(&a);
    let file = photograph(&at);
    assert!(holds(&std::fs::read(&file).unwrap(), b"GPS-26"));
    let hash = attach(&a, &record, "photos", &file);
    assert_eq!((&blobs(&a)["here"], &blobs(&a)["waiting"]), (&1.into(), &1.into()));
    let kept = get(&a, &hash, &at);
    assert!(!holds(&kept, b"GPS-26") && !holds(&kept, b"Exif"), "the position is gone before anything is stored");

    let _ = a.run(&["sync", "now"]).ok();
    assert_eq!(blobs(&a)["waiting"], 0, "the county has it, and the node knows");
    assert_eq!(get(&county.hub, &hash, &at), kept, "byte for byte");

    let _ = b.run(&["sync", "now"]).ok();
    let state = b.run(&["blob", "list"]).ok()["blobs"][0].clone();
    assert_eq!((&state["here"], &state["thumbnail"]), (&false.into(), &true.into()), "thumbnails of all, whole files on demand");
    let out = at.join("small.jpg").display().to_string();
    let _ = b.run(&["blob", "get", &hash, "--thumbnail", "--out", &out]).ok();
    let small = image::load_from_memory(&std::fs::read(&out).unwrap()).unwrap();
    assert_eq!((small.width(), small.height()), (320, 240));
    assert_eq!(b.run(&["blob", "get", &hash, "--out", &out]).fault(), "blob-not-here");
    let _ = b.run(&["sync", "now"]).ok();
    assert_eq!(get(&b, &hash, &at), kept, "what was asked for has come");

    let _ = other.run(&["sync", "now"]).ok();
    assert_eq!(other.run(&["blob", "list"]).ok()["blobs"], serde_json::json!([]));
    assert_eq!(other.run(&["blob", "get", &hash, "--out", &out]).fault(), "blob-none", "another school's is none of its business");
    for side in [&a, &b, &county.hub] {
        assert_eq!(side.run(&["verify"]).ok()["blobs"], 1);
    }
}

#[test]
fn no_blob_that_only_internal_records_name_reaches_a_node() {
    let county = County::new();
    let at = county.hub.dir().parent().unwrap().to_owned();
    let node = county.node("n1", "5299010001");
    let set = [
        "record",
        "add",
        "list_batch",
        "--set",
        "kind=registered",
        "--set",
        "from_office=x",
        "--set",
        "as_of=2026-01-01",
        "--set",
        "purge_on=2027-01-01",
    ];
    let record = county.hub.run(&set).ok()["record"].as_str().unwrap().to_owned();
    let hash = attach(&county.hub, &record, "file", &scan(&at, 70_000).0);
    let _ = node.run(&["blob", "limits", "--whole", "true"]).ok();
    // A record of its own that names it, so that the node asks the hub for it.
    let own = document(&node);
    let _ = node.run(&["record", "set", &own, "--set", &format!("scan=blake3:{hash};x.pdf;70000")]).ok();
    let _ = node.run(&["sync", "now"]).ok();
    assert_eq!((&blobs(&node)["here"], &blobs(&node)["missing"]), (&0.into(), &1.into()), "naming it does not open it");
    assert!(!node.dir().join("blobs").exists(), "no byte of it");
}

#[test]
fn what_is_no_photograph_or_scan_or_too_large_is_refused_with_the_next_step() {
    let county = County::new();
    let at = county.hub.dir().parent().unwrap().to_owned();
    let node = county.node("n1", "5299010001");
    let record = document(&node);
    let refused = |field: &str, name: &str, content: &[u8]| {
        let file = at.join(name);
        std::fs::write(&file, content).unwrap();
        node.run(&["attach", &record, "--field", field, &file.display().to_string()]).fault()
    };
    assert_eq!(refused("photos", "a.jpg", b"MZ\x90\0"), "blob-type");
    assert_eq!(refused("photos", "a.jpg", b""), "blob-empty");
    assert_eq!(refused("photos", "a.jpg", b"\xff\xd8\xff\xe0 nothing"), "blob-damaged");
    assert_eq!(refused("title", "a.pdf", b"%PDF-1.7"), "blob-field");
    let _ = node.run(&["blob", "limits", "--file-mib", "1", "--quota-mib", "1"]).ok();
    assert_eq!(refused("scan", "b.pdf", &scan(&at, 1_100_000).1), "blob-large");
    let _ = attach(&node, &record, "scan", &scan(&at, 700_000).0);
    assert_eq!(refused("photos", "c.pdf", &scan(&at, 600_000).1), "blob-quota");
    assert_eq!(node.run(&["blob", "limits", "--file-mib", "65"]).fault(), "blob-limit");
}

#[test]
fn a_node_killed_amid_a_large_file_goes_on_where_it_stopped_and_records_came_first() {
    let county = County::new();
    let at = county.hub.dir().parent().unwrap().to_owned();
    let relay = Relay::to(&county.quic());
    let node = county.bare("n1");
    let _ = node.run(&["enrol", "--hub", &relay.address(), "--token", &county.token("5299010001")]).ok();
    let record = document(&node);
    let (file, content) = scan(&at, usize::try_from(9 * MIB).unwrap());
    let hash = attach(&node, &record, "scan", &file);

    // The link is dead after 5 MiB, in the midst of the file.
    relay.allow(5 * MIB);
    let daemon = node.serve(&[]);
    until("five megabytes on the wire", || (relay.carried() >= 5 * MIB).then_some(()));
    let there = county.hub.run(&["record", "list", "document"]).ok();
    assert_eq!(there["rows"].as_array().map(Vec::len), Some(1), "the record came before its file");
    assert_eq!(county.hub.run(&["blob", "list"]).ok()["blobs"][0]["here"], false);
    drop(daemon);

    relay.allow(u64::MAX);
    let before = relay.carried();
    let _daemon = node.serve(&[]);
    until("the whole file", || (county.hub.run(&["blob", "list"]).ok()["blobs"][0]["here"] == true).then_some(()));
    let again = relay.carried() - before;
    assert!(again < 6 * MIB, "{again} bytes for what was left of 9 MiB after 5: it did not start over");
    assert_eq!(get(&county.hub, &hash, &at), content);
    let _ = county.hub.run(&["verify"]).ok();
    until("the node's knowing", || (blobs(&node)["waiting"] == 0).then_some(()));
}
