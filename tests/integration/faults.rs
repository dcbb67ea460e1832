//! What a school's machine meets in its years, with real processes: a disk that takes nothing more, a damaged page of the database, a certificate that is gone, a file
//! another program holds. `doctor` and the commands say each in one sentence with what to do, the running daemon goes on, and nothing that was saved is lost.

#![expect(clippy::unwrap_used, reason = "helpers of tests stand outside test functions")]

use crate::machine::check;
use huxue_tests::{County, Side, child};
use serde_json::{Value as Json, json};
use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::Arc,
};

const NUMBER: &str = "529901201810282617";

fn care(node: &Side, note: &str) -> huxue_tests::Said {
    node.run(&["record", "add", "care_log", "--student", NUMBER, "--set", "kind=visit", "--set", &format!("note={note}")])
}

fn notes(node: &Side) -> usize {
    node.run(&["query", "care_log"]).ok()["rows"].as_array().unwrap().len()
}

/// A daemon that may write no file larger than so many KiB: in every place where a full disk would refuse, so does this. Ends with the test.
struct Limited(Child);

impl Limited {
    fn serve(node: &Side, kib: u64) -> Self {
        let script = format!("trap '' XFSZ; ulimit -S -f {kib}; exec \"$0\" \"$@\"");
        let args = ["--data", &node.dir().display().to_string(), "serve", "--listen-http", "127.0.0.1:0"].map(str::to_owned);
        let mut child = Command::new("bash")
            .arg("-c")
            .arg(script)
            .arg(node.program())
            .args(args)
            .env("HUXUE_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("ready"), "{line}");
        Self(child)
    }
}

impl Drop for Limited {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `doctor`'s word on one thing, in both languages with what to do next.
fn told(node: &Side, name: &str, code: &str) {
    let said = node.run(&["doctor"]);
    let found = check(&said.answer, name);
    assert_eq!((said.code, found["code"].as_str(), found["next"].is_string()), (1, Some(code), true), "{}", said.answer);
    for (lang, arrow) in [("zh", "  → "), ("en", "  → ")] {
        let (_, text, _) = node.read(lang, &["doctor"]);
        assert!(text.contains(arrow) && !text.contains(code), "{text}");
    }
}

#[test]
fn a_disk_that_takes_nothing_more_costs_the_running_daemon_nothing_that_was_saved() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    child(&node, "王小明", NUMBER, "3");
    let kib = fs::metadata(node.dir().join("huxue.db")).unwrap().len().div_ceil(1_024) + 256;
    let daemon = Limited::serve(&node, kib);
    let long = "长".repeat(3_900);
    let mut saved = 0;
    let said = loop {
        let said = care(&node, &long);
        if said.code != 0 {
            break said;
        }
        saved += 1;
        assert!(saved < 400, "the limit never met it");
    };
    assert_eq!((said.code, said.fault().as_str()), (8, "store-write"), "{}", said.error);
    assert!(saved > 0);
    assert_eq!(notes(&node), saved, "what was saved is read on, what was not is not there");
    drop(daemon);
    let _ = node.run(&["verify"]).ok();
    let _ = care(&node, &long).ok();
    assert_eq!(notes(&node), saved + 1, "with room again it goes on");
}

#[test]
fn a_damaged_page_is_found_by_doctor_and_told_by_commands_and_the_county_has_what_it_had() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    child(&node, "王小明", NUMBER, "3");
    let _ = care(&node, "一").ok();
    let _ = node.run(&["sync", "now"]).ok();
    // In the middle of the file, where a worn disk loses a block; the head still opens under the key.
    let path = node.dir().join("huxue.db");
    let pages = fs::metadata(&path).unwrap().len() / 4_096;
    let mut file = fs::OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let mut kept = Vec::new();
    file.read_to_end(&mut kept).unwrap();
    for page in 3..pages {
        file.seek(SeekFrom::Start(page * 4_096 + 100)).unwrap();
        file.write_all(&[0xa5; 64]).unwrap();
    }
    drop(file);
    let said = node.run(&["query", "care_log"]);
    assert_eq!((said.code, said.fault().as_str()), (8, "store-corrupt"), "{}", said.error);
    told(&node, "database", "store-corrupt");
    let fresh = county.node("n2", "5299010001");
    let _ = fresh.run(&["sync", "now"]).ok();
    assert_eq!(notes(&fresh), 1, "as the sentence says: enrolled anew, it is all there");
    fs::write(&path, kept).unwrap();
    assert_eq!(notes(&node), 1);
}

#[test]
fn a_certificate_that_is_gone_or_no_certificate_is_told_by_doctor_with_what_to_do() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    let path = node.dir().join("node.json");
    let text = fs::read_to_string(&path).unwrap();
    let mut json: Json = serde_json::from_str(&text).unwrap();
    let key = json.as_object().unwrap().keys().find(|key| key.contains("certificate")).unwrap().clone();
    for other in [json!(""), json!("00"), json!("AAAA")] {
        json[&key] = other;
        fs::write(&path, json.to_string()).unwrap();
        let said = node.run(&["doctor"]);
        let bad = said.answer["checks"].as_array().unwrap().iter().find(|check| check["mark"] == "wrong").cloned().unwrap_or_default();
        assert_eq!((said.code, bad["code"].as_str(), bad["next"].is_string()), (1, Some("node-file-damaged"), true), "{}", said.answer);
    }
    fs::remove_file(&path).unwrap();
    told(&node, "enrolment", "enrol-first");
    fs::write(&path, text).unwrap();
    assert_eq!(check(&node.run(&["doctor"]).answer, "certificate")["mark"], "well");
}

/// On the county's own port, a hub of another age: it speaks QUIC, but no protocol of ours by name. Ends with the test.
struct OtherAge {
    _endpoint: quinn::Endpoint,
    _runtime: tokio::runtime::Runtime,
}

impl OtherAge {
    fn at(address: SocketAddr, protocol: &[u8]) -> Self {
        let own = rcgen::generate_simple_self_signed(vec!["hub".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into());
        let tls = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let tls = tls.with_protocol_versions(&[&rustls::version::TLS13]).unwrap().with_no_client_auth();
        let mut tls = tls.with_single_cert(vec![own.cert.der().clone()], key).unwrap();
        tls.alpn_protocols = vec![protocol.to_vec()];
        let crypto = quinn::crypto::rustls::QuicServerConfig::try_from(tls).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let endpoint = runtime.block_on(async { quinn::Endpoint::server(quinn::ServerConfig::with_crypto(Arc::new(crypto)), address).unwrap() });
        let listens = endpoint.clone();
        runtime.spawn(async move {
            while let Some(incoming) = listens.accept().await {
                let _ = incoming.await;
            }
        });
        Self { _endpoint: endpoint, _runtime: runtime }
    }
}

#[test]
fn a_hub_of_another_age_is_told_by_its_versions_and_the_school_writes_on_until_they_meet() {
    let county = County::new();
    let node = county.node("n1", "5299010001");
    child(&node, "王小明", NUMBER, "3");
    let _ = node.run(&["sync", "now"]).ok();
    let quic = county.quic();
    let (_kept, hub, running) = county.into_parts();
    drop(running);
    for protocol in [b"huxue/9".as_slice(), b"huxue/0"] {
        let other = OtherAge::at(quic.parse().unwrap(), protocol);
        let said = node.run(&["sync", "now"]);
        assert_eq!((said.code, said.fault().as_str()), (9, "hub-no-common-version"), "{}", said.error);
        told(&node, "county", "hub-no-common-version");
        let daemon = node.serve(&[]);
        assert_eq!(node.run(&["sync", "now"]).fault(), "hub-no-common-version");
        told(&node, "county", "hub-no-common-version");
        let _ = care(&node, "一").ok();
        drop(daemon);
        drop(other);
    }
    let _running = hub.serve(&["--listen-quic", &quic]);
    let _ = node.run(&["sync", "now"]).ok();
    assert_eq!((notes(&node), &node.run(&["status"]).ok()["pending"]), (2, &json!(0)));
}
