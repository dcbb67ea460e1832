//! The whole ladders of the aid application and the dropout case, with real binaries, node and hub: every step, what it needs, whose it is, and from where.

use huxue_tests::{County, Side, child};
use serde_json::{Value as Json, json};

const SCHOOL: &str = "5299010001";
const NUMBER: &str = "529901201810282617";

fn add(side: &Side, args: &[&str], set: &[&str]) -> String {
    let sets = set.iter().flat_map(|item| ["--set", item]);
    let args: Vec<&str> = ["record", "add"].into_iter().chain(args.iter().copied()).chain(sets).collect();
    side.run(&args).ok()["record"].as_str().unwrap_or_default().to_owned()
}

/// One record on its way up.
struct Ladder<'a> {
    record: String,
    county: &'a County,
    node: &'a Side,
}

impl Ladder<'_> {
    fn step(&self, side: &Side, step: &str, on: &str, set: &[&str]) -> huxue_tests::Said {
        let sets = set.iter().flat_map(|item| ["--set", item]);
        let args: Vec<&str> = ["record", "step", &self.record, step, "--on", on].into_iter().chain(sets).collect();
        side.run(&args)
    }

    /// A step of the school: without its fields it is refused by name, and the county does not take it.
    fn school(&self, step: &str, on: &str, set: &[&str], reaches: &str) {
        if !set.is_empty() {
            let said = self.step(self.node, step, on, &[]);
            assert_eq!(said.error["error"]["code"], "ledger-step-missing", "{step}: {}", said.error);
            let message = said.error["error"]["args"].to_string();
            let first = set[0].split('=').next().unwrap_or_default();
            assert!(message.contains(&format!("({first})")), "{step} names {first}: {message}");
        }
        let _ = self.step(self.node, step, on, set).ok();
        assert_eq!(self.state(self.node), reaches);
    }

    /// A step of the county, refused at the school, that reaches the school.
    fn county(&self, step: &str, on: &str, set: &[&str], reaches: &str) {
        self.county.sync(&[self.node]);
        assert_eq!(self.step(self.node, step, on, &[]).fault(), "ledger-step-countys", "{step}");
        if !set.is_empty() {
            assert_eq!(self.step(&self.county.hub, step, on, &[]).fault(), "ledger-step-missing", "{step}");
        }
        let _ = self.step(&self.county.hub, step, on, set).ok();
        self.county.sync(&[self.node]);
        assert_eq!((self.state(&self.county.hub), self.state(self.node)), (json!(reaches), json!(reaches)));
    }

    /// What this side cannot do now.
    fn refused(&self, side: &Side, step: &str, on: &str, fault: &str) {
        assert_eq!(self.step(side, step, on, &[]).fault(), fault, "{step}");
    }

    fn state(&self, side: &Side) -> Json {
        side.run(&["record", "show", &self.record]).ok()["row"]["state"].clone()
    }

    fn typed(&self, side: &Side, ledger: &str, column: &str) -> Json {
        let rows = side.run(&["record", "list", ledger, "--column", "_id", "--column", column]).ok()["rows"].as_array().cloned().unwrap_or_default();
        rows.into_iter().find(|row| row["_id"] == self.record.as_str()).map(|row| row[column].clone()).unwrap_or_default()
    }
}

const FILE: &str = "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262;扫描件.pdf;0";

/// An application of the child, and the minutes of the leadership it will name.
fn application<'a>(county: &'a County, node: &'a Side) -> (Ladder<'a>, String) {
    let file = format!("{}/../shared/samples/aid_programmes.csv", env!("CARGO_MANIFEST_DIR"));
    assert!(county.hub.run(&["import", "ledger", "aid_programme", &file]).answer["accepted"].as_u64().unwrap_or_default() > 0);
    county.sync(&[node]);
    let programme = node.run(&["record", "list", "aid_programme"]).ok()["rows"][0]["_id"].as_str().unwrap_or_default().to_owned();
    let record = add(node, &["aid_application", "--student", NUMBER], &[&format!("programme={programme}"), "applicant=guardian", "on=2020-10-10"]);
    let minutes = ["kind=minutes", "title=班子会", "dated=2020-10-20", "level=school", "section=student_aid", "period=2020H2", "on=2020-10-20"];
    let minutes = add(node, &["document"], &minutes);
    (Ladder { record, county, node }, format!("leaders_minutes={minutes}"))
}

/// From the draft to the public notice of 2 November 2020.
fn up_to_notice(ladder: &Ladder<'_>, minutes: &str) {
    let documents = format!("documents={FILE}");
    let apply = ["reason=父母务农，收入低", "categories=rural_allowance", "household_size=5", "income_year=8000", "income_from=farm", &documents];
    ladder.school("apply", "2020-10-12", &[&apply[..], &["school_agrees=yes", "agrees_by=李校长"]].concat(), "applied");
    let village = ["village_opinion=agree", "village_stamped_on=2020-10-13", "check_how=home,classmates,village", "check_by=王老师"];
    let found = ["check_by_2=张老师", "check_on=2020-10-14", "check_result=true", "check_text=情况属实"];
    ladder.school("verify", "2020-10-14", &[&village[..], &found].concat(), "verified");
    let votes = ["votes_for=20", "votes_against=1", "votes_abstain=0", "leaders_on=2020-10-20", minutes, "level=hard"];
    ladder.school("assess", "2020-10-20", &votes, "assessed");
    let notice = |until: &'static str| ["notice_school_from=2020-11-02", "notice_school_until=2020-11-09", "notice_village_from=2020-11-02", until];
    let short = ladder.step(ladder.node, "publish", "2020-11-02", &notice("notice_village_until=2020-11-05"));
    assert_eq!(short.fault(), "record-blocked", "the village's notice is days short");
    assert!(
        short.error.to_string().contains("2020-11-09") || short.error.to_string().contains("2020-11-06"),
        "the day that would do: {}",
        short.error
    );
    ladder.school("publish", "2020-11-02", &notice("notice_village_until=2020-11-09"), "on_notice");
    let shortened = ["record", "set", &ladder.record, "--set", "notice_village_until=2020-11-05"];
    assert_eq!(ladder.node.run(&shortened).fault(), "record-blocked", "nor is it shortened while it hangs");
}

fn report(ladder: &Ladder<'_>, on: &str) {
    let (school, village, form) = (format!("notice_school={FILE}"), format!("notice_village={FILE}"), format!("form_stamped={FILE}"));
    ladder.school("report", on, &[&school, &village, &form, &format!("reported_on={on}"), "village_track_on=2020-11-12"], "reported");
}

#[test]
fn an_aid_application_climbs_from_draft_to_audit() {
    let county = County::new();
    let node = county.node("n1", SCHOOL);
    child(&node, "王小明", NUMBER, "3");
    // Wednesday 4 November is off, Saturday 7 November is worked in exchange.
    let holiday = add(&county.hub, &["calendar"], &["kind=holiday", "from=2020-11-04", "name=某节"]);
    let (ladder, minutes) = application(&county, &node);
    ladder.refused(&node, "publish", "2020-10-12", "ledger-step-not-from-here");
    ladder.refused(&node, "approve", "2020-10-12", "ledger-step-not-from-here");
    assert_eq!(ladder.step(&node, "applaud", "2020-10-12", &[]).fault(), "ledger-step-no-such");
    up_to_notice(&ladder, &minutes);

    // Five working days after the notice ends on Monday 9 November: 10, 11, 12, 13, 16; with Saturday 14 worked in exchange 10, 11, 12, 13, 14.
    assert_eq!(ladder.typed(&node, "aid_application", "_due"), "2020-11-16", "{holiday}");
    let _ = add(&county.hub, &["calendar"], &["kind=makeup_day", "from=2020-11-07", "name=调休上班"]);
    let _ = add(&county.hub, &["calendar"], &["kind=makeup_day", "from=2020-11-14", "name=调休上班"]);
    county.sync(&[&node]);
    assert_eq!(ladder.typed(&node, "aid_application", "_due"), "2020-11-14", "what was projected before follows the calendar");
    let files = [format!("notice_school={FILE}"), format!("notice_village={FILE}"), format!("form_stamped={FILE}")];
    let files = [&files[0][..], &files[1], &files[2], "reported_on=2020-11-08", "village_track_on=2020-11-08"];
    assert_eq!(ladder.step(&node, "report", "2020-11-08", &files).fault(), "ledger-step-early");

    // An objection stops the notice; its days begin anew.
    ladder.school("object", "2020-11-06", &["objection=邻居反映家里有车", "objection_on=2020-11-06"], "objected");
    ladder.refused(&node, "report", "2020-11-20", "ledger-step-not-from-here");
    assert_eq!(
        ladder.step(&node, "resume", "2020-11-09", &["objection_result=rejected"]).fault(),
        "ledger-step-missing",
        "the old days are no new notice"
    );
    let again = ["objection_result=rejected", "notice_school_from=2020-11-09", "notice_school_until=2020-11-13"];
    ladder.school(
        "resume",
        "2020-11-09",
        &[&again[..], &["notice_village_from=2020-11-09", "notice_village_until=2020-11-13"]].concat(),
        "on_notice",
    );
    assert_eq!(ladder.step(&node, "report", "2020-11-13", &files).fault(), "ledger-step-early");
    report(&ladder, "2020-11-16");

    county.sync(&[&node]);
    ladder.refused(&county.hub, "send_back", "2020-11-18", "step-why-missing");
    // What is missing is added and reported again: the notices need not hang once more. What hung stays as it was, unless it hangs again.
    let _ = county.hub.run(&["record", "step", &ladder.record, "send_back", "--on", "2020-11-17", "--why", "缺村里盖章的表"]).ok();
    county.sync(&[&node]);
    assert_eq!(node.run(&["record", "set", &ladder.record, "--set", "notice_school_until=2020-11-20"]).fault(), "record-fixed");
    assert_eq!(node.run(&["record", "set", &ladder.record, "--set", "level=special"]).fault(), "record-fixed");
    assert_eq!(ladder.step(&node, "report_again", "2020-11-18", &[]).fault(), "ledger-step-missing", "the day of the first report is no second one");
    ladder.school("report_again", "2020-11-18", &["reported_on=2020-11-18"], "reported");
    county.sync(&[&node]);
    let approved = ["approved_amount=500", "approved_by=县资助中心", "batch=2020秋-1"];
    ladder.county("approve", "2020-11-20", &approved, "approved");
    assert_eq!(node.run(&["record", "show", &ladder.record]).ok()["fields"]["approved_amount"], 50_000);
    // Days declared off afterwards shorten what hung: that stands, and the report names it.
    let _ = add(&county.hub, &["calendar"], &["kind=holiday", "from=2020-11-12", "until=2020-11-12", "name=停课"]);
    let short = county.hub.run(&["report", "run", "short_notices", "--format", "json"]).ok();
    let short = short["rows"].as_array().cloned().unwrap_or_default();
    assert_eq!((short.len(), &short[0]["village_days"], &short[0]["school_days"]), (1, &json!(4), &json!(4)), "9, 10, 11, 13 November are four days");
    let note = ["record", "set", &ladder.record, "--set", "note=公示照片在档案室"];
    let _ = node.run(&note).ok();
    assert_eq!(node.run(&["record", "set", &ladder.record, "--set", "level=special"]).fault(), "record-fixed", "what was approved stands");
    ladder.refused(&node, "pay", "2020-11-21", "ledger-step-none-from-here");
    ladder.county("allot", "2020-11-24", &[], "allotted");
    ladder.refused(&county.hub, "pay", "2020-11-25", "ledger-step-schools");
    // What was paid stands in its own ledger, or the step says nothing.
    let told = ["told_family=signed", "told_on=2020-11-26"];
    assert_eq!(ladder.step(&node, "pay", "2020-11-26", &told).fault(), "record-blocked");
    let of = format!("application={}", ladder.record);
    let shown = node.run(&["record", "show", &ladder.record]).ok();
    let programme = format!("programme={}", shown["fields"]["programme"].as_str().unwrap_or_default());
    let _ = add(
        &node,
        &["aid_payment", "--student", NUMBER],
        &[&programme, &of, "amount=500", "channel=government", "form=cash", "on=2020-11-26", "paid_on=2020-11-26"],
    );
    ladder.school("pay", "2020-11-26", &told, "paid");
    ladder.county("audit", "2021-06-01", &[], "audited");
    ladder.refused(&county.hub, "revoke", "2021-06-02", "ledger-step-none-from-here");
    ladder.refused(&node, "stop", "2021-06-02", "ledger-step-none-from-here");
    let steps = county.hub.run(&["record", "show", &ladder.record]).ok()["steps"].as_array().cloned().unwrap_or_default();
    assert_eq!(steps.len(), 13);
    assert!(steps.iter().all(|step| step["effect"] == "effective"), "{steps:?}");
    assert_eq!(county.hub.run(&["conflicts", "list"]).ok()["conflicts"], json!([]));
}

#[test]
fn a_rejected_application_ends_and_steps_taken_apart_on_two_nodes_fork_until_a_person_chooses() {
    let county = County::new();
    let (node, second) = (county.node("n1", SCHOOL), county.node("n2", SCHOOL));
    child(&node, "王小明", NUMBER, "3");
    let (ladder, minutes) = application(&county, &node);
    up_to_notice(&ladder, &minutes);
    county.sync(&[&node, &second]);

    // One machine reports, the other ends it: nobody wins silently.
    report(&ladder, "2020-11-16");
    let _ = ladder.step(&second, "stop", "2020-11-10", &["stopped_reason=withdrawn"]).ok();
    county.sync(&[&node, &second, &node]);
    for side in [&node, &second, &county.hub] {
        let forks = side.run(&["conflicts", "list", "--kind", "fork"]).ok()["conflicts"].as_array().cloned().unwrap_or_default();
        let tips: Vec<&str> = forks[0]["detail"]["tips"].as_array().unwrap().iter().filter_map(|tip| tip["step"].as_str()).collect();
        assert_eq!((forks.len(), tips.contains(&"report") && tips.contains(&"stop")), (1, true), "{tips:?}");
        assert_eq!(ladder.state(side), Json::Null);
    }
    let approve = ["approved_amount=500", "approved_by=县资助中心", "batch=2020秋-1"];
    assert_eq!(ladder.step(&county.hub, "approve", "2020-11-20", &approve).fault(), "ledger-step-forked");
    let fork = node.run(&["conflicts", "list", "--kind", "fork"]).ok()["conflicts"][0]["id"].as_str().unwrap_or_default().to_owned();
    assert_eq!(node.run(&["conflicts", "resolve", &fork, "--choose", "paid"]).fault(), "conflict-choice");
    let _ = node.run(&["conflicts", "resolve", &fork, "--choose", "reported", "--why", "家长改变主意", "--by", "资助专干"]).ok();
    county.sync(&[&node, &second]);
    assert_eq!((ladder.state(&second), ladder.state(&county.hub)), (json!("reported"), json!("reported")));
    assert_eq!(ladder.step(&node, "resolve", "2020-11-17", &[]).fault(), "ledger-step-not-forked");

    ladder.county("reject", "2020-11-20", &["rejected_reason=not_poor"], "rejected");
    assert_eq!(ladder.step(&county.hub, "approve", "2020-11-21", &approve).fault(), "ledger-step-none-from-here");
}

const CONFIRM: [&str; 9] = [
    "kind=dropped",
    "reason=work",
    "whereabouts=work",
    "escort_school=王老师",
    "escort_village=陈书记",
    "escort_township=刘镇长",
    "whereabouts_place=广东",
    "last_day=2020-10-09",
    "escort_school_phone=13800138000",
];

fn case<'a>(county: &'a County, node: &'a Side) -> Ladder<'a> {
    let set = ["opened_by=teacher", "first_absent=2020-10-12", "on=2020-10-14"];
    Ladder { record: add(node, &["dropout_case", "--student", NUMBER], &set), county, node }
}

#[test]
fn a_dropout_case_climbs_the_ladder_of_the_law_relapses_and_is_closed_by_the_county() {
    let county = County::new();
    let node = county.node("n1", SCHOOL);
    child(&node, "王小明", NUMBER, "3");
    let ladder = case(&county, &node);
    assert_eq!(ladder.state(&node), "suspected");
    ladder.refused(&node, "confirm", "2020-10-14", "ledger-step-not-from-here");
    ladder.school("verify", "2020-10-14", &[], "verifying");
    ladder.school("confirm", "2020-10-16", &CONFIRM, "confirmed");
    ladder.refused(&node, "escalate", "2020-10-17", "ledger-step-not-from-here");
    let plan = ["plan=每周家访，联系务工单位", "deadline=2020-11-01"];
    ladder.school("persuade", "2020-10-17", &plan, "persuading");
    county.sync(&[&node]);
    ladder.refused(&county.hub, "escalate", "2020-11-02", "ledger-step-schools");
    ladder.school("escalate", "2020-11-02", &[], "escalated");
    ladder.refused(&node, "sue", "2020-11-03", "ledger-step-not-from-here");

    // The order is given by the county office, the school records the court.
    county.sync(&[&node]);
    ladder.refused(&county.hub, "order", "2020-11-10", "ledger-step-missing");
    let other = ["court_no=责改〔2020〕3号", "plan=县里改的"];
    assert_eq!(ladder.step(&county.hub, "order", "2020-11-10", &other).fault(), "ledger-not-yours", "only what the step needs");
    let _ = ladder.step(&county.hub, "order", "2020-11-10", &other[..1]).ok();
    county.sync(&[&node]);
    assert_eq!(ladder.state(&node), "ordered");
    let _ = ladder.step(&node, "sue", "2020-12-01", &["court_no=（2020）某01民初1号"]).ok();
    assert_eq!(ladder.state(&node), "court");

    // Back, gone again, back again: the relapse is counted.
    let back = ["resettle=own_class", "returned_on=2021-01-04", "stable_until=2021-03-31"];
    ladder.school("return", "2021-01-04", &back, "returned");
    // Another round has its own days: the former one's are no answer.
    ladder.refused(&node, "relapse", "2021-02-01", "ledger-step-missing");
    ladder.school("relapse", "2021-02-01", &["deadline=2021-02-20"], "persuading");
    let back = ["resettle=own_class", "returned_on=2021-03-01", "stable_until=2021-06-30"];
    assert_eq!(ladder.step(&node, "return", "2021-03-01", &back[1..]).fault(), "ledger-step-missing");
    ladder.school("return", "2021-03-01", &back, "returned");
    ladder.county("close", "2021-07-01", &[], "closed");
    ladder.refused(&node, "relapse", "2021-07-02", "ledger-step-not-from-here");
    let _ = ladder.step(&county.hub, "reopen", "2021-07-02", &[]).ok();
    county.sync(&[&node]);
    assert_eq!(ladder.state(&node), "verifying");
    for side in [&node, &county.hub] {
        let relapses = side.run(&["report", "run", "dropout_relapses", "--format", "json"]).ok();
        assert_eq!(relapses["rows"][0]["relapses"], 2, "{relapses}");
    }
    ladder.school("exclude", "2021-07-03", &["excluded_proof=error"], "excluded");
    ladder.county("close", "2021-07-10", &[], "closed");
}

#[test]
fn a_case_stepped_apart_by_school_and_county_is_resolved_by_the_county_alone() {
    let county = County::new();
    let node = county.node("n1", SCHOOL);
    child(&node, "王小明", NUMBER, "3");
    let ladder = case(&county, &node);
    let _ = ladder.step(&node, "verify", "2020-10-14", &[]).ok();
    let _ = ladder.step(&node, "confirm", "2020-10-16", &CONFIRM).ok();
    let _ = ladder.step(&node, "persuade", "2020-10-17", &["plan=家访", "deadline=2020-11-01", "court_no=责改〔2020〕3号"]).ok();
    let _ = ladder.step(&node, "escalate", "2020-11-02", &[]).ok();
    county.sync(&[&node]);
    // Offline, the school brings the child back while the county orders.
    let _ = ladder.step(&county.hub, "order", "2020-11-10", &[]).ok();
    let back = ["resettle=own_class", "returned_on=2020-11-09", "stable_until=2021-01-31"];
    let _ = ladder.step(&node, "return", "2020-11-09", &back).ok();
    county.sync(&[&node]);
    assert_eq!((ladder.state(&node), ladder.state(&county.hub)), (Json::Null, Json::Null));
    ladder.refused(&node, "sue", "2020-11-11", "ledger-step-forked");
    let resolve = |side: &Side| side.run(&["record", "step", &ladder.record, "resolve", "--to", "returned", "--why", "孩子已在校"]);
    assert_eq!(resolve(&node).fault(), "ledger-step-countys");
    let _ = resolve(&county.hub).ok();
    county.sync(&[&node]);
    assert_eq!((ladder.state(&node), ladder.state(&county.hub)), (json!("returned"), json!("returned")));
    let effects: Vec<Json> =
        node.run(&["record", "show", &ladder.record]).ok()["steps"].as_array().unwrap().iter().map(|step| step["effect"].clone()).collect();
    assert_eq!(effects.iter().filter(|effect| **effect == "void").count(), 1, "the order is overruled and stays on record: {effects:?}");
}
