//! A child moves between schools: asked from either side, answered through the county, closed at stated heads, late edits reviewed, dossier at the new school.

use huxue_tests::{County, Side, child};
use serde_json::{Value as Json, json};

const OLD: &str = "5299010001";
const NEW: &str = "5299010002";
const NUMBER: &str = "529901201810282617";
const OTHER: &str = "529901201706120036";

fn rows(side: &Side, args: &[&str]) -> Vec<Json> {
    side.run(args).ok()["rows"].as_array().cloned().unwrap_or_default()
}

/// Adds a record of a child and gives its key.
fn add(side: &Side, ledger: &str, student: &str, set: &[&str]) -> String {
    let mut args = vec!["record", "add", ledger, "--student", student];
    for item in set {
        args.extend(["--set", item]);
    }
    side.run(&args).ok()["record"].as_str().unwrap_or_default().to_owned()
}

fn visit(side: &Side, student: &str, note: &str) -> String {
    add(side, "care_log", student, &["kind=visit", "reached=yes", &format!("note={note}")])
}

fn ask(side: &Side, student: &str, by: &str) -> String {
    let (from, to, by) = (format!("from={OLD}"), format!("to={NEW}"), format!("asked_by={by}"));
    add(side, "transfer", student, &[&from, &to, &by, "asked_on=2020-11-02", "on=2020-11-02", "reason=moved"])
}

/// A copy is answered, and not written in; an answer says what it must.
fn what_a_copy_refuses(side: &Side, copy: &str) {
    assert_eq!(side.run(&["record", "set", copy, "--set", "state=done"]).fault(), "ledger-not-yours");
    assert_eq!(side.run(&["record", "step", copy, "refuse"]).fault(), "ledger-step-missing");
    assert_eq!(side.run(&["record", "step", copy, "withdraw"]).fault(), "relay-no-step");
}

/// State of the record that a copy is of.
fn state_passed_on(side: &Side, copy: &str) -> Json {
    side.run(&["record", "show", copy]).ok()["fields"]["state"].clone()
}

/// The copy that the county passed on to this school.
fn passed_on(side: &Side) -> String {
    let copies = rows(side, &["record", "list", "relay"]);
    assert_eq!(copies.len(), 1, "{copies:?}");
    copies[0]["_id"].as_str().unwrap_or_default().to_owned()
}

fn state(side: &Side, record: &str) -> Json {
    side.run(&["record", "show", record]).ok()["row"]["state"].clone()
}

/// Everything a person can see of the child's move at one side.
fn seen(side: &Side) -> Vec<Json> {
    let ledgers = ["dossier", "relay", "relay_answer", "transfer", "enrolment", "care_log", "child_link"];
    let mut out: Vec<Json> = ledgers.iter().flat_map(|ledger| rows(side, &["record", "list", ledger])).collect();
    let items = side.run(&["conflicts", "list"]).ok()["conflicts"].as_array().cloned().unwrap_or_default();
    out.extend(items.into_iter().map(|item| json!([item["id"], item["kind"], item["record"], item["detail"]])));
    out
}

#[test]
fn a_child_moves_with_its_history_and_the_old_school_can_only_read() {
    let county = County::new();
    let (old, new) = (county.node("n1", OLD), county.node("n2", NEW));
    let document = child(&old, "王小明", NUMBER, "3");
    child(&old, "李小红", OTHER, "3");
    let early = visit(&old, NUMBER, "搬家前家访");
    visit(&old, OTHER, "别的孩子");
    let care = add(&old, "care_profile", NUMBER, &["kind=both", "since=2025-01", "mind=risk", "father_place=广东"]);
    assert_eq!(old.run(&["record", "show", &care]).ok()["fields"]["mind"], "risk");
    let transfer = ask(&old, NUMBER, "from_school");
    county.sync(&[&old, &new]);

    // The new school hears of it, and answers.
    let copy = passed_on(&new);
    let shown = new.run(&["record", "show", &copy]).ok();
    assert_eq!((&shown["fields"]["p.name"], state_passed_on(&new, &copy)), (&json!("王小明"), json!("asked")));
    assert_eq!(shown["next"].as_array().unwrap().len(), 2, "{}", shown["next"]);
    assert_eq!(rows(&old, &["record", "list", "relay"]).len(), 0, "nobody is told of its own request");
    assert_eq!(old.run(&["record", "step", &transfer, "confirm", "--on", "2020-11-05"]).fault(), "ledger-step-others");
    let offered = old.run(&["record", "show", &transfer]).ok()["next"].clone();
    let steps: Vec<Json> = offered.as_array().unwrap().iter().map(|step| step["step"].clone()).collect();
    assert_eq!(steps, [json!("withdraw")], "only the other school confirms");
    what_a_copy_refuses(&new, &copy);
    let _ = new.run(&["record", "step", &copy, "confirm", "--on", "2020-11-05", "--by", "周校长"]).ok();
    assert_eq!(new.run(&["record", "step", &copy, "refuse", "--set", "refused_why=反悔"]).fault(), "relay-answered");
    county.sync(&[&new, &old, &new]);
    assert_eq!((state(&old, &transfer), state(&county.hub, &transfer)), (json!("confirmed"), json!("confirmed")));
    let steps = new.run(&["record", "show", &copy]).ok()["fields"]["steps"].clone();
    assert_eq!((state_passed_on(&new, &copy), steps), (json!("confirmed"), json!("")));
    let steps = old.run(&["record", "show", &transfer]).ok()["steps"].clone();
    assert_eq!((&steps[0]["by"], &steps[0]["authority"]), (&json!("周校长（二小）"), &json!("county")));

    // The county moves the child while the old school, offline, goes on writing.
    let complete = ["record", "step", &transfer, "complete", "--set", "moved_on=2020-11-20", "--by", "基教科"];
    assert!(!old.run(&complete).fault().is_empty(), "only the county completes");
    let _ = county.hub.run(&complete).ok();
    let late = visit(&old, NUMBER, "封存后才到");
    county.sync(&[&old, &new]);
    assert_eq!(old.run(&["record", "add", "care_log", "--student", NUMBER, "--set", "kind=visit"]).fault(), "document-closed");
    assert_eq!(old.run(&["record", "set", &early, "--set", "note=改"]).fault(), "document-closed");
    assert_eq!(old.run(&["record", "set", &document, "--set", "closed_heads="]).code, 5, "the school does not open it again");
    assert_eq!(state(&old, &transfer), "done");
    assert_eq!(state_passed_on(&new, &copy), "done", "the other school is told that it is over");
    assert_eq!(old.run(&["record", "show", &document]).ok()["fields"]["status"], "transferred");
    assert_eq!(old.run(&["record", "show", &late]).ok()["fields"]["note"], "封存后才到", "kept and visible");
    visit(&old, OTHER, "别的孩子照常");
    let roster = old.dir().join("roster.csv");
    std::fs::write(&roster, format!("姓名,身份证号,年级,班级\n王小明,{NUMBER},三年级,2班\n李小红,{OTHER},三年级,2班\n")).unwrap();
    let imported = old.run(&["import", "roster", &roster.display().to_string()]).answer;
    assert_eq!(
        (&imported["accepted"], &imported["rows"][0]["why"], &imported["changed"]),
        (&json!(1), &json!("document-closed"), &json!(1)),
        "{imported}"
    );

    // The dossier: of this child, without what the fewest may read, not writable.
    let arrived = || new.run(&["report", "run", "arrived", "--format", "json"]).ok()["rows"].clone();
    assert_eq!((&arrived()[0]["name"], &arrived()[0]["from_school"]), (&json!("王小明"), &json!(OLD)), "whom nobody has enrolled yet");
    let document_there = child(&new, "王小明", NUMBER, "3");
    let dossier = rows(&new, &["record", "list", "dossier", "--student", NUMBER]);
    let ledgers: Vec<&str> = dossier.iter().filter_map(|row| row["ledger"].as_str()).collect();
    for ledger in ["enrolment", "care_log", "care_profile", "transfer"] {
        assert_eq!(ledgers.iter().filter(|l| **l == ledger).count(), 1, "{ledger}: {ledgers:?}");
    }
    assert!(dossier.iter().all(|row| row["child"] == document_there.as_str() && row["from_school"] == OLD));
    assert!(
        dossier.iter().any(|row| row["ledger"] == "transfer" && row["state"] == "done"),
        "the transfer travels as it stands behind its last step"
    );
    let find = |ledger: &str| dossier.iter().find(|row| row["ledger"] == ledger).and_then(|row| row["_id"].as_str()).unwrap().to_owned();
    let profile = new.run(&["record", "show", &find("care_profile")]).ok()["fields"].clone();
    assert_eq!((&profile["v.father_place"], &profile["v.mind"]), (&json!("广东"), &Json::Null));
    assert_eq!(new.run(&["record", "set", &find("care_log"), "--set", "note=改"]).fault(), "ledger-not-yours");
    let told = new.run(&["report", "run", "one_child", "--param", &format!("child={NUMBER}"), "--format", "json"]).ok();
    let marked: Vec<&Json> = told["rows"].as_array().unwrap().iter().filter(|row| row["effect"] == "dossier").collect();
    assert!(marked.iter().any(|row| row["text"] == "搬家前家访" && row["school"] == OLD), "{told}");
    let everything = seen(&new).iter().map(Json::to_string).collect::<String>();
    assert!(!everything.contains("李小红") && !everything.contains(OTHER) && !everything.contains("别的孩子"), "no other child travels");

    // The late visit is reviewed: the county alone, and it can send it on.
    let item = |side: &Side| side.run(&["conflicts", "list", "--kind", "late_edit"]).ok()["conflicts"].as_array().cloned().unwrap_or_default();
    let items = item(&county.hub);
    assert_eq!((items.len(), &items[0]["record"]), (1, &json!(late)), "{items:?}");
    assert_eq!(item(&old).len(), 1, "the old school sees what became of it");
    let id = items[0]["id"].as_str().unwrap_or_default();
    assert_eq!(old.run(&["conflicts", "resolve", id, "--choose", "keep"]).fault(), "document-closed");
    assert_eq!(county.hub.run(&["conflicts", "resolve", id, "--choose", "drop"]).fault(), "conflict-choice");
    let _ = county.hub.run(&["conflicts", "resolve", id, "--choose", "forward", "--by", "基教科"]).ok();
    county.sync(&[&old, &new]);
    assert_eq!((item(&county.hub).len(), item(&old).len()), (0, 0));
    let after = rows(&new, &["record", "list", "dossier", "--where", "late=yes"]);
    assert_eq!((after.len(), &after[0]["record"]), (1, &json!(late)));

    // Decided again: nothing changes. Rebuilt: nothing changes.
    let links = rows(&county.hub, &["record", "list", "child_link"]);
    assert_eq!((links.len(), &links[0]["child_a"], &links[0]["child_b"]), (1, &json!(document), &json!(document_there)));
    let sides = [&county.hub, &old, &new];
    let logs = |side: &Side| side.run(&["status"]).ok()["spaces"].as_array().unwrap().iter().map(|s| s["digest"].clone()).collect::<Vec<_>>();
    let logged: Vec<Vec<Json>> = sides.iter().map(|side| logs(side)).collect();
    let before: Vec<Vec<Json>> = sides.iter().map(|side| seen(side)).collect();
    assert!(county.hub.run(&complete).fault().starts_with("ledger-step"));
    for (side, before) in sides.iter().zip(&before) {
        let _ = side.run(&["rebuild"]).ok();
        assert_eq!(seen(side), *before);
        let _ = side.run(&["verify"]).ok();
    }
    let pending = |side: &Side| side.run(&["status"]).ok()["pending"].clone();
    county.sync(&[&old, &new]);
    assert_eq!((pending(&old), pending(&new)), (json!(0), json!(0)));
    assert_eq!(sides.iter().map(|side| seen(side)).collect::<Vec<_>>(), before);
    assert_eq!(sides.iter().map(|side| logs(side)).collect::<Vec<_>>(), logged, "not one change more");
}

#[test]
fn the_new_school_asks_the_old_one_refuses_and_the_county_overrules() {
    let county = County::new();
    let (old, new) = (county.node("n1", OLD), county.node("n2", NEW));
    let left = child(&old, "王小明", NUMBER, "3");
    visit(&old, NUMBER, "搬家前家访");
    // The new school has enrolled the child under another spelling: found by number.
    let entered = child(&new, "王晓明", NUMBER, "3");
    let transfer = ask(&new, NUMBER, "to_school");
    county.sync(&[&old, &new, &old]);
    let twice = county.hub.run(&["conflicts", "list", "--kind", "duplicate_child"]).ok();
    assert_eq!(twice["conflicts"].as_array().unwrap().len(), 1, "present in two schools until it is decided");
    let copy = passed_on(&old);
    let _ = old.run(&["record", "step", &copy, "refuse", "--set", "refused_why=手续不全"]).ok();
    county.sync(&[&old, &new]);
    assert_eq!(state(&new, &transfer), "refused");
    let decided = ["--set", "decision=granted", "--set", "decided_by=局长", "--set", "decided_why=材料已补齐"];
    let _ = county.hub.run(&[&["record", "step", &transfer, "overrule"][..], &decided].concat()).ok();
    let _ = county.hub.run(&["record", "step", &transfer, "complete", "--set", "moved_on=2020-11-20"]).ok();
    county.sync(&[&old, &new]);
    assert_eq!(old.run(&["record", "add", "care_log", "--student", NUMBER, "--set", "kind=visit"]).fault(), "document-closed");
    assert_eq!(old.run(&["record", "show", &left]).ok()["fields"]["closed_to"], NEW);
    assert_eq!(old.run(&["record", "show", &copy]).ok()["fields"]["state"], "done");
    let dossier = rows(&new, &["record", "list", "dossier", "--student", NUMBER]);
    assert!(dossier.iter().any(|row| row["ledger"] == "care_log" && row["child"] == entered.as_str()));
    visit(&new, NUMBER, "新学校照常");
    let twice = county.hub.run(&["conflicts", "list", "--kind", "duplicate_child"]).ok();
    assert_eq!(twice["conflicts"], json!([]), "linked");
    let again = ask(&new, NUMBER, "to_school");
    county.sync(&[&new, &old]);
    let second = rows(&old, &["record", "list", "relay", "--where", "state=asked"]);
    let _ = old.run(&["record", "step", second[0]["_id"].as_str().unwrap_or_default(), "confirm", "--on", "2020-11-20"]).ok();
    county.sync(&[&old]);
    let refused = county.hub.run(&["record", "step", &again, "complete", "--set", "moved_on=2020-11-20"]);
    assert_eq!(refused.fault(), "document-closed", "it has moved already");
}

#[test]
fn an_answer_and_a_withdrawal_given_apart_are_a_fork_for_the_county() {
    let county = County::new();
    let (old, new) = (county.node("n1", OLD), county.node("n2", NEW));
    child(&old, "王小明", NUMBER, "3");
    let transfer = ask(&old, NUMBER, "from_school");
    county.sync(&[&old, &new]);
    let _ = old.run(&["record", "step", &transfer, "withdraw"]).ok();
    let _ = new.run(&["record", "step", &passed_on(&new), "confirm", "--on", "2020-11-05"]).ok();
    county.sync(&[&old, &new, &old]);
    for side in [&county.hub, &old] {
        let forks = side.run(&["conflicts", "list", "--kind", "fork"]).ok();
        assert_eq!(forks["conflicts"].as_array().unwrap().len(), 1);
    }
    assert_eq!(county.hub.run(&["record", "step", &transfer, "complete", "--set", "moved_on=2020-11-20"]).fault(), "ledger-step-forked");
    let forks = county.hub.run(&["conflicts", "list", "--kind", "fork"]).ok();
    let _ = county
        .hub
        .run(&["conflicts", "resolve", forks["conflicts"][0]["id"].as_str().unwrap_or_default(), "--choose", "withdrawn", "--why", "家长撤回"])
        .ok();
    county.sync(&[&old, &new]);
    assert_eq!((state(&old, &transfer), state(&county.hub, &transfer)), (json!("withdrawn"), json!("withdrawn")));
}

#[test]
fn a_silent_school_is_late_and_the_county_decides_without_it() {
    let county = County::new();
    let (old, new) = (county.node("n1", OLD), county.node("n2", NEW));
    child(&old, "王小明", NUMBER, "3");
    let transfer = ask(&old, NUMBER, "from_school");
    county.sync(&[&old, &new]);
    let late = |side: &Side| rows(side, &["report", "run", "transfers_late", "--format", "json"]);
    assert_eq!((late(&county.hub).len(), late(&new).len()), (1, 1), "both are reminded");
    let decided = ["--set", "decision=granted", "--set", "decided_by=局长"];
    let early = [&["record", "step", &transfer, "decide", "--on", "2020-11-12"][..], &decided].concat();
    assert_eq!(county.hub.run(&early).fault(), "ledger-step-early");
    let _ = county.hub.run(&[&["record", "step", &transfer, "decide"][..], &decided].concat()).ok();
    assert_eq!(late(&county.hub).len(), 0);
    let _ = county.hub.run(&["record", "step", &transfer, "complete", "--set", "moved_on=2020-11-20"]).ok();
}

/// A child without an identity number, written down at `side`; its document.
fn unnumbered(side: &Side, name: &str, birth: &str) -> String {
    let (name, birth) = (format!("name={name}"), format!("birth={birth}"));
    let set = [&name, &birth, "id_type=none", "sex=male", "stage=primary", "grade=3", "class=1", "village=石桥村"];
    let args: Vec<&str> = ["record", "add", "enrolment"].into_iter().chain(set.into_iter().flat_map(|item| ["--set", item])).collect();
    side.run(&args).ok()["record"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn a_child_without_a_number_is_moved_like_any_other_and_both_machines_of_the_new_school_enrol_it_in_one_file() {
    let county = County::new();
    let (old, new, second) = (county.node("n1", OLD), county.node("n2", NEW), county.node("n3", NEW));
    let left = unnumbered(&old, "赵小山", "2018-05-01");
    visit(&old, &left, "搬家前家访");
    let transfer = ask(&old, &left, "from_school");
    county.sync(&[&old, &new]);
    let _ = new.run(&["record", "step", &passed_on(&new), "confirm", "--on", "2020-11-05"]).ok();
    county.sync(&[&new, &old]);
    let _ = county.hub.run(&["record", "step", &transfer, "complete", "--set", "moved_on=2020-11-20"]).ok();
    county.sync(&[&old, &new, &second]);
    let arrived = |side: &Side| rows(side, &["report", "run", "arrived", "--format", "json"]);
    assert_eq!((arrived(&new).len(), &arrived(&new)[0]["name"]), (1, &json!("赵小山")), "the new school is told by itself");
    // Each without a link to the other: by name and birthday, and by the file foreseen where a letter was put right.
    let foreseen = rows(&second, &["record", "list", "dossier", "--where", "ledger=enrolment"])[0]["child"].as_str().unwrap_or_default().to_owned();
    let entered = unnumbered(&new, "赵 小山", "2018-05-01");
    let set = ["name=赵晓山", "id_type=none", "sex=male", "birth=2018-05-01", "stage=primary", "grade=3", "class=1"];
    let args = ["record", "add", "enrolment", "--student", &foreseen].into_iter().chain(set.into_iter().flat_map(|item| ["--set", item]));
    let other = second.run(&args.collect::<Vec<_>>()).ok()["record"].clone();
    assert_eq!((&json!(entered), &json!(foreseen)), (&other, &other));
    county.sync(&[&new, &second, &new]);
    assert_eq!(rows(&new, &["record", "list", "enrolment"]).len(), 1, "one child, one file");
    assert!(arrived(&new).is_empty() && arrived(&second).is_empty());
    let dossier = rows(&new, &["record", "list", "dossier", "--student", &entered]);
    assert!(dossier.iter().any(|row| row["ledger"] == "care_log"), "{dossier:?}");
    assert_eq!(old.run(&["record", "set", &left, "--set", "class=2"]).fault(), "document-closed");
    // Another child of that name and birthday, later: nothing is foreseen for it any more.
    assert_ne!(unnumbered(&new, "赵小山", "2018-05-01"), entered);
}

#[test]
fn of_a_child_without_a_number_who_may_be_at_the_new_school_already_the_county_says_which_it_is() {
    let county = County::new();
    let (old, new) = (county.node("n1", OLD), county.node("n2", NEW));
    let left = unnumbered(&old, "赵小山", "2018-05-01");
    let transfer = ask(&old, &left, "from_school");
    county.sync(&[&old, &new]);
    let _ = new.run(&["record", "step", &passed_on(&new), "confirm", "--on", "2020-11-05"]).ok();
    let entered = unnumbered(&new, "赵小山", "2018-05-01");
    county.sync(&[&new, &old]);
    let complete = ["record", "step", &transfer, "complete", "--set", "moved_on=2020-11-20"];
    let refused = county.hub.run(&complete);
    assert_eq!(refused.fault(), "handover-child");
    assert!(refused.error.to_string().contains(&entered), "who it may be is named: {}", refused.error);
    assert_eq!(state(&county.hub, &transfer), "confirmed", "nothing of it was done");
    let _ = county.hub.run(&["record", "set", &transfer, "--set", &format!("other_child={entered}")]).ok();
    let _ = county.hub.run(&complete).ok();
    county.sync(&[&old, &new]);
    assert!(!rows(&new, &["record", "list", "dossier", "--student", &entered]).is_empty());
}

#[test]
fn a_child_that_comes_back_finds_its_document_open_again_and_what_the_other_school_wrote() {
    let county = County::new();
    let (old, new) = (county.node("n1", OLD), county.node("n2", NEW));
    let document = child(&old, "王小明", NUMBER, "3");
    visit(&old, NUMBER, "第一所学校");
    let there = ask(&old, NUMBER, "from_school");
    county.sync(&[&old, &new]);
    let move_on = |transfer: &str| {
        let decided = ["--set", "decision=granted", "--set", "decided_by=局长"];
        let _ = county.hub.run(&[&["record", "step", transfer, "decide"][..], &decided].concat()).ok();
        let _ = county.hub.run(&["record", "step", transfer, "complete", "--set", "moved_on=2020-11-20"]).ok();
    };
    move_on(&there);
    county.sync(&[&old, &new]);
    child(&new, "王小明", NUMBER, "3");
    visit(&new, NUMBER, "第二所学校");
    let set = [format!("from={NEW}"), format!("to={OLD}")];
    let set = [&set[0], &set[1], "asked_by=from_school", "asked_on=2020-11-02", "on=2020-11-02", "reason=home"];
    let back = add(&new, "transfer", NUMBER, &set);
    county.sync(&[&new]);
    move_on(&back);
    county.sync(&[&old, &new]);
    let _ = old.run(&["record", "set", &document, "--set", "status=present"]).ok();
    assert_eq!(new.run(&["record", "add", "care_log", "--student", NUMBER, "--set", "kind=visit"]).fault(), "document-closed");
    let notes: Vec<Json> = rows(&old, &["record", "list", "dossier", "--where", "ledger=care_log", "--column", "note"])
        .into_iter()
        .map(|row| row["note"].clone())
        .collect();
    assert!(notes.contains(&json!("第二所学校")), "{notes:?}");
    visit(&old, NUMBER, "回到第一所学校");
}

#[test]
fn a_summers_transfer_closes_next_years_document_too_and_a_request_sent_to_the_wrong_school_is_taken_back() {
    let county = County::new();
    let (old, new) = (county.node("n1", OLD), county.node("n2", NEW));
    let third = "5299010003";
    let _ = county.hub.run(&["school", "add", "--code", third, "--name", "三小", "--stage", "primary"]).ok();
    let other = county.node("n3", third);
    let document = child(&old, "王小明", NUMBER, "3");
    visit(&old, NUMBER, "上学年");
    let year = rows(&old, &["record", "list", "enrolment", "--column", "_year"])[0]["_year"].as_u64().unwrap_or_default();
    let next = (year + 1).to_string();
    let _ = old.run(&["year", "open", &next]).ok();
    let transfer = add(
        &old,
        "transfer",
        &document,
        &[&format!("from={OLD}"), &format!("to={third}"), "asked_by=from_school", "asked_on=2020-11-02", "on=2020-11-02", "reason=moved"],
    );
    county.sync(&[&old, &other]);
    let wrong = passed_on(&other);
    let _ = old.run(&["record", "set", &transfer, "--set", &format!("to={NEW}")]).ok();
    county.sync(&[&old, &new, &other]);
    assert_eq!(rows(&other, &["record", "list", "relay"]).len(), 0, "taken back");
    assert_eq!(other.run(&["record", "step", &wrong, "confirm", "--on", "2020-11-05"]).fault(), "relay-no-step");
    // An answer of a school that is not asked has no effect, though every value it needs is there.
    let (relay, record) = (format!("relay={wrong}"), format!("record={transfer}"));
    let forged = [relay.as_str(), record.as_str(), "step=confirm"];
    let forged: Vec<&str> = forged.iter().flat_map(|item| ["--set", *item]).collect();
    let _ = other.run(&[&["record", "add", "relay_answer"][..], &forged].concat()).ok();
    county.sync(&[&other]);
    assert_eq!(state(&county.hub, &transfer), "asked");
    let _ = new.run(&["record", "step", &passed_on(&new), "confirm"]).ok();
    county.sync(&[&new]);
    let _ = county.hub.run(&["record", "step", &transfer, "complete", "--set", "moved_on=2020-11-20"]).ok();
    county.sync(&[&old, &new]);
    for year in [year.to_string(), next.clone()] {
        let left = old.run(&["record", "add", "care_log", "--student", NUMBER, "--year", &year, "--set", "kind=visit"]);
        assert_eq!(left.fault(), "document-closed", "{year}");
    }
    // The new school enrols the child in the year that is open now, and finds the dossier there.
    let entered = new.run(&["record", "add", "enrolment", "--year", &next, "--set", "name=王小明", "--set", &format!("id_no={NUMBER}")]).ok();
    let dossier = rows(&new, &["record", "list", "dossier", "--student", NUMBER]);
    assert!(dossier.iter().any(|row| row["ledger"] == "care_log") && dossier.iter().all(|row| row["child"] == entered["record"]), "{dossier:?}");
}

#[test]
fn a_school_outside_the_county_gets_no_copy_and_a_child_that_left_is_not_promoted() {
    let county = County::new();
    let (old, new) = (county.node("n1", OLD), county.node("n2", NEW));
    let document = child(&old, "王小明", NUMBER, "3");
    let arrived = child(&new, "李小红", OTHER, "3");
    let common = ["asked_on=2020-11-02", "on=2020-11-02", "reason=work"];
    let leaves = [&format!("from={OLD}")[..], "to=邻县第一小学", "asked_by=from_school"];
    let comes = ["from=邻县第二小学", &format!("to={NEW}")[..], "asked_by=to_school"];
    let leaving = add(&old, "transfer", NUMBER, &[&leaves[..], &common].concat());
    let coming = add(&new, "transfer", OTHER, &[&comes[..], &common].concat());
    county.sync(&[&old, &new]);
    assert_eq!((rows(&new, &["record", "list", "relay"]).len(), rows(&old, &["record", "list", "relay"]).len()), (0, 0));
    for transfer in [&leaving, &coming] {
        let _ = county.hub.run(&["record", "step", transfer, "decide", "--set", "decision=granted", "--set", "decided_by=局长"]).ok();
        let _ = county.hub.run(&["record", "step", transfer, "complete", "--set", "moved_on=2020-11-20"]).ok();
    }
    county.sync(&[&old, &new]);
    let closed = old.run(&["record", "show", &document]).ok()["fields"].clone();
    assert_eq!((&closed["closed_to"], &closed["status"]), (&json!("邻县第一小学"), &json!("transferred")));
    assert_eq!(old.run(&["record", "add", "care_log", "--student", NUMBER, "--set", "kind=visit"]).fault(), "document-closed");
    assert_eq!(new.run(&["record", "show", &arrived]).ok()["fields"]["closed_heads"], Json::Null);
    visit(&new, OTHER, "新来的孩子");
    for ledger in ["dossier", "child_link"] {
        assert_eq!(rows(&county.hub, &["record", "list", ledger]).len(), 0, "{ledger}");
    }
    let year = rows(&old, &["record", "list", "enrolment", "--column", "_year"])[0]["_year"].as_u64().unwrap();
    assert_eq!(old.run(&["year", "open", &(year + 1).to_string()]).ok()["promoted"], 0);
    let lost = rows(&county.hub, &["report", "run", "consolidation_rate", "--format", "json"]);
    assert!(!lost.is_empty() && lost.iter().all(|row| row["lost"] == 0), "{lost:?}");
}
