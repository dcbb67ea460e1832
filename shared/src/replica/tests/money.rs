//! Aid from the application to the money: what is approved and paid is held to the programme and to the approval, a second round begins with nothing of the first, and who made a
//! record stays who made it.

use super::county::{Town, id_number, set};
use crate::{
    command::{
        execute,
        request::{Format, Request, SubjectRef},
    },
    fault::Fault,
    locale::{self, Lang},
    replica::{Replica, ReplicaError},
};
use std::sync::Arc;

const FILE: &str = "blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262;a.pdf;0";

fn said(error: ReplicaError) -> (String, String) {
    let ReplicaError::Fault(fault) = error else { panic!("{error}") };
    let details = fault.details.iter().map(|detail| locale::fault(Lang::Zh, detail).0);
    (fault.code.to_string(), std::iter::once(locale::fault(Lang::Zh, &fault).0).chain(details).collect::<Vec<_>>().join(" "))
}

fn words(gaps: &[Fault]) -> String {
    gaps.iter().map(|gap| locale::fault(Lang::Zh, gap).0).collect()
}

/// A day so many days before today.
fn day(replica: &Replica, back: i32) -> String {
    replica.clock().today().checked_sub(jiff::Span::new().days(back)).unwrap().to_string()
}

struct Aid {
    town: Town,
    child: String,
    programme: String,
    application: String,
}

impl Aid {
    fn node(&self) -> &Arc<Replica> {
        self.town.node(1).replica()
    }

    fn step(&self, step: &str, back: i32, words: &[(&str, &str)]) -> Result<Vec<Fault>, ReplicaError> {
        let on = day(self.node(), back);
        let done = self.node().step(&self.application, step, &set(words), Some(&on), Some("赵专干"), None, None);
        self.town.node(1).settle();
        done.map(|done| done.gaps)
    }

    fn field(&self, field: &str) -> serde_json::Value {
        self.node().show(&self.application).unwrap()["fields"][field].clone()
    }

    fn hang(&self, step: &str, back: i32, more: &[(&str, &str)]) -> Result<Vec<Fault>, ReplicaError> {
        let (from, until) = (day(self.node(), back), day(self.node(), back - 10));
        let days =
            [("notice_school_from", &*from), ("notice_school_until", &until), ("notice_village_from", &from), ("notice_village_until", &until)];
        self.step(step, back, &[&days[..], more].concat())
    }

    /// An application on public notice since 40 days ago, under a programme of 1250 yuan a year.
    fn on_notice(seed: u64) -> Self {
        let mut town = Town::new(seed, 1);
        let standard = [
            ("code", "YW_JS"),
            ("name", "寄宿生生活补助"),
            ("funder", "government"),
            ("stage", "primary"),
            ("amount_year", "1250"),
            ("amount_rule", "fixed"),
            ("held_by", "to_guardian"),
            ("split", "half_half"),
            ("valid_from", "2020-09-01"),
        ];
        let programme = town.hub().replica().add("aid_programme", None, None, &set(&standard), None).unwrap().record;
        town.sync();
        let child = town.node(1).child("王小明", &id_number(1));
        let node = town.node(1).replica();
        let on = day(node, 60);
        let begun = [("programme", &*programme), ("applicant", "guardian"), ("on", &on)];
        let application = node.add("aid_application", Some(&SubjectRef::Student(child.clone())), None, &set(&begun), Some("赵专干")).unwrap().record;
        let minutes =
            [("kind", "minutes"), ("title", "班子会"), ("dated", &on), ("level", "school"), ("section", "student_aid"), ("period", "2025H2")];
        let minutes = node.add("document", None, None, &set(&minutes), None).unwrap().record;
        town.node(1).settle();
        let (checked, met) = (day(node, 50), day(node, 45));
        let aid = Self { town, child, programme, application };
        let apply = [
            ("reason", "收入低"),
            ("stage", "primary"),
            ("grade", "3"),
            ("boarding", "board"),
            ("village", "石桥村"),
            ("registered_household", "no"),
            ("categories", "rural_allowance"),
            ("household_size", "5"),
            ("income_year", "8000"),
            ("income_from", "farm"),
            ("documents", FILE),
            ("school_agrees", "yes"),
            ("agrees_by", "李校长"),
        ];
        aid.step("apply", 55, &apply).unwrap();
        let verify = [
            ("village_opinion", "agree"),
            ("village_stamped_on", &*checked),
            ("check_how", "home"),
            ("check_by", "王老师"),
            ("check_by_2", "张老师"),
            ("check_on", &checked),
            ("check_result", "true"),
            ("check_text", "情况属实"),
        ];
        aid.step("verify", 50, &verify).unwrap();
        let votes = [
            ("votes_for", "20"),
            ("votes_against", "0"),
            ("votes_abstain", "0"),
            ("leaders_on", &*met),
            ("leaders_minutes", &minutes),
            ("level", "hard"),
        ];
        aid.step("assess", 45, &votes).unwrap();
        aid.hang("publish", 40, &[]).unwrap();
        aid
    }

    /// Reported by the school.
    fn reported(seed: u64) -> Self {
        let mut aid = Self::on_notice(seed);
        let on = day(aid.node(), 20);
        let report = [("notice_school", FILE), ("notice_village", FILE), ("form_stamped", FILE), ("reported_on", &*on), ("village_track_on", &on)];
        aid.step("report", 20, &report).unwrap();
        aid.town.sync();
        aid
    }

    fn approve(&self, amount: &str) -> Result<crate::replica::records::Done, ReplicaError> {
        let approved = [("approved_amount", amount), ("approved_by", "县资助中心"), ("batch", "一")];
        self.town.hub().replica().step(&self.application, "approve", &set(&approved), None, Some("县资助中心"), None, None)
    }
}

#[test]
fn the_county_approves_no_more_than_the_programme_gives() {
    let mut aid = Aid::reported(61);
    let (code, why) = said(aid.approve("5000000").unwrap_err());
    assert!(code == "record-blocked" && why.contains("多于这个资助项目一年的标准"), "{why}");
    aid.approve("625").unwrap();
    aid.town.sync();
    // What another county's program let through is said at the school all the same.
    let place = aid.node().locate(&aid.application).unwrap();
    let mut fields = place.fields.clone();
    assert_eq!(fields["approved_amount"], crate::document::view::Value::Int(62_500));
    fields.insert("approved_amount".into(), crate::document::view::Value::Int(500_000_000));
    let definition = aid.node().definition("aid_application").unwrap();
    let found = aid.node().around(|around| crate::ledger::validate::findings(&definition, &fields, Some("approved"), around));
    assert!(found.iter().any(|finding| finding.message.as_ref().is_some_and(|said| said.zh.contains("多于这个资助项目一年的标准"))), "{found:?}");
}

#[test]
fn payments_of_one_application_are_held_to_what_was_approved_together() {
    let mut aid = Aid::reported(62);
    aid.approve("625").unwrap();
    aid.town.sync();
    let subject = SubjectRef::Student(aid.child.clone());
    let pay = |fields: &[(&str, &str)]| {
        let base = [("programme", &*aid.programme), ("application", &aid.application), ("channel", "government"), ("form", "cash")];
        let done = aid.node().add("aid_payment", Some(&subject), None, &set(&[&base[..], fields].concat()), None).unwrap();
        aid.town.node(1).settle();
        (done.record, words(&done.gaps))
    };
    let corrected = |record: &str, fields: &[(&str, &str)]| words(&aid.node().set(record, &set(fields), None).unwrap().gaps);
    let more = "多于批准金额";
    let (first, gaps) = pay(&[("amount", "400")]);
    assert!(!gaps.contains(more), "{gaps}");
    let (_, gaps) = pay(&[("amount", "800")]);
    assert!(gaps.contains(more), "{gaps}");
    // The second alone is within it, both together are not; the first itself, corrected, is not counted beside itself.
    let (second, _) = pay(&[("amount", "225"), ("failed", "yes"), ("refund_amount", "225")]);
    aid.node().void(&second, "重复", None).unwrap();
    aid.town.node(1).settle();
    assert!(corrected(&first, &[("note", "x")]).contains(more), "with the 800 beside it");
    let others: Vec<String> = aid.town.node(1).rows("SELECT _id FROM record_aid_payment WHERE amount = 80000");
    aid.node().void(others[0].trim_matches('\''), "重复", None).unwrap();
    aid.town.node(1).settle();
    assert!(!corrected(&first, &[("amount", "625")]).contains(more));
    let (_, gaps) = pay(&[("amount", "1")]);
    assert!(gaps.contains(more), "{gaps}");
}

#[test]
fn a_notice_hangs_again_over_a_rejected_objection_only_and_takes_nothing_from_the_round_before() {
    let aid = Aid::on_notice(63);
    let old = aid.field("notice_school_until");
    let (one, two) = (day(aid.node(), 38), day(aid.node(), 28));
    aid.step("object", 38, &[("objection", "家里有车"), ("objection_on", &one)]).unwrap();
    // The days that hung are no new notice.
    let (code, why) = said(aid.step("resume", 37, &[("objection_result", "rejected")]).unwrap_err());
    assert!(code == "ledger-step-missing" && why.contains("学校公示开始") && why.contains("“重新公示”"), "{why}");
    let (code, why) = said(aid.hang("resume", 37, &[("objection_result", "upheld")]).unwrap_err());
    assert!(code == "record-blocked" && why.contains("异议成立的不能公示、上报"), "{why}");
    aid.hang("resume", 36, &[("objection_result", "rejected")]).unwrap();
    assert_ne!(aid.field("notice_school_until"), old);
    // A second objection says its own day and reason, and is not settled by the first one's result.
    assert_eq!(said(aid.step("object", 28, &[]).unwrap_err()).0, "ledger-step-missing");
    aid.step("object", 28, &[("objection", "又有人反映"), ("objection_on", &two)]).unwrap();
    assert_eq!(aid.field("objection_result"), serde_json::Value::Null);
    assert_eq!(said(aid.hang("resume", 27, &[]).unwrap_err()).0, "ledger-step-missing");
    let next = aid.node().show(&aid.application).unwrap()["next"].clone();
    let resume = next.as_array().unwrap().iter().find(|step| step["step"] == "resume").unwrap().clone();
    assert_eq!(resume["anew"].as_array().unwrap().len(), 6, "{resume}");
    // Upheld, it is verified and assessed again; the next notice has no objection yet.
    aid.step("verify_again", 27, &[("objection_result", "upheld")]).unwrap();
    let checked = day(aid.node(), 26);
    assert_eq!(said(aid.step("verify", 26, &[]).unwrap_err()).0, "ledger-step-missing");
    aid.step("verify", 26, &[("check_on", &checked), ("check_result", "true"), ("check_text", "再次核实")]).unwrap();
    // Nor does the vote of the first round stand for the second.
    assert_eq!(said(aid.step("assess", 25, &[]).unwrap_err()).0, "ledger-step-missing");
    let met = day(aid.node(), 25);
    let vote = [("votes_for", "20"), ("votes_against", "1"), ("votes_abstain", "0"), ("leaders_on", met.as_str()), ("level", "hard")];
    aid.step("assess", 25, &vote).unwrap();
    aid.hang("publish", 24, &[]).unwrap();
    assert_eq!((aid.field("objection_result"), aid.field("objection")), (serde_json::Value::Null, serde_json::Value::Null));
}

#[test]
fn what_is_sent_back_can_hang_again_and_what_hangs_wrongly_is_taken_down_before_it_is_changed() {
    let mut aid = Aid::reported(65);
    let on = day(aid.node(), 20);
    let hub = Arc::clone(aid.town.hub().replica());
    hub.step(&aid.application, "send_back", &set(&[]), Some(&on), Some("县资助中心"), Some("公示少了一天"), None).unwrap();
    aid.town.sync();
    let node = Arc::clone(aid.node());
    let corrected = |field: &str, text: &str| node.set(&aid.application, &set(&[(field, text)]), None).map(drop).map_err(|error| said(error).0);
    // What was judged stands, at the school and once it is reported; the step that asks for the days anew takes them.
    for (field, text) in [("votes_for", "3"), ("village_opinion", "disagree"), ("notice_school_until", on.as_str()), ("level", "special")] {
        assert_eq!(corrected(field, text).unwrap_err(), "record-fixed", "{field}");
    }
    corrected("notice_school", FILE).unwrap();
    aid.hang("publish_again", 18, &[]).unwrap();
    assert_eq!(aid.field("notice_school"), serde_json::Value::Null, "the photographs are of the notice before");
    // A level by mistake: nobody has to object first.
    assert_eq!(corrected("level", "special").unwrap_err(), "record-fixed");
    assert_eq!(said(aid.step("take_down", 17, &[]).unwrap_err()).0, "step-why-missing");
    let down = day(aid.node(), 17);
    node.step(&aid.application, "take_down", &set(&[]), Some(&down), Some("赵专干"), Some("等级写错"), None).unwrap();
    aid.town.node(1).settle();
    corrected("level", "special").unwrap();
    aid.hang("publish", 16, &[]).unwrap();
    // An objection that was upheld goes no further, however it came to stand there.
    assert_eq!(corrected("objection_result", "upheld").unwrap_err(), "record-blocked");
}

#[test]
fn who_made_a_record_stays_who_made_it_and_who_corrected_it_stands_in_the_trail() {
    let mut aid = Aid::reported(64);
    aid.approve("625").unwrap();
    aid.town.hub().replica().set(&aid.application, &set(&[("joint_offices", "民政局")]), Some("县资助中心")).unwrap();
    aid.town.sync();
    let shown = aid.node().show(&aid.application).unwrap();
    assert_eq!(shown["fields"]["by"], "赵专干");
    assert_eq!(aid.town.node(1).rows(&format!("SELECT \"by\" FROM record_aid_application WHERE _id = '{}'", aid.application)), ["赵专干"]);
    let line = shown["history"].as_array().unwrap().iter().rfind(|line| line["field"] == "joint_offices").unwrap().clone();
    assert_eq!(line["by"], "县资助中心");
    // Saved again as it stands, nothing is written, whoever saves it.
    assert!(!aid.town.hub().replica().set(&aid.application, &set(&[("joint_offices", "民政局")]), Some("另一人")).unwrap().changed);
}

#[test]
fn the_county_sees_whose_application_it_approves_and_under_which_programme() {
    let aid = Aid::reported(65);
    let hub = aid.town.hub().replica();
    let list = |format: Format| {
        let request = Request::RecordList {
            ledger: "aid_application".into(),
            student: None,
            filters: vec!["name~王".into()],
            year: None,
            school: None,
            columns: Vec::new(),
            order: vec!["name".into()],
            limit: Some(10),
            format,
        };
        execute::execute(hub, request, "officer", Lang::Zh, &mut |_| ()).unwrap()
    };
    let table = list(Format::Table)["text"].as_str().unwrap().to_owned();
    assert!(table.contains("王小明") && table.contains("寄宿生生活补助") && table.contains(&aid.programme), "{table}");
    let json = list(Format::Json);
    assert_eq!((json["rows"][0]["_name"].as_str(), json["rows"][0]["programme"].as_str()), (Some("王小明"), Some(&*aid.programme)));
    assert!(json["labels"]["programme"][&aid.programme].as_str().unwrap().contains("寄宿生生活补助"), "{json}");
    let request = Request::RecordShow { record: aid.application.clone() };
    let shown = execute::execute(hub, request.clone(), "officer", Lang::Zh, &mut |_| ()).unwrap();
    let text = crate::command::render::render(&request, &shown, Lang::Zh);
    assert!(text.contains("姓名：王小明") && text.contains("寄宿生生活补助") && text.contains(&aid.programme), "{text}");
    assert_eq!(shown["fields"]["programme"], aid.programme.as_str());
}
