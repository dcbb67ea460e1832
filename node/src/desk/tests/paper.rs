//! Paper and sign-off at a school's desk: what is on a family's statement and what is not, who signs, and what a signature holds.

use super::{seams::add, *};

const PAYMENT: [(&str, &str); 6] =
    [("channel", "social"), ("form", "cash"), ("held_by", "school_held"), ("purpose", "books"), ("gratis", "gift"), ("receipt", "signed")];

fn pay(school: &School, child: &str, more: &[(&str, &str)]) -> String {
    add(school, "aid_payment", Some(child), &[&PAYMENT[..], more].concat())
}

/// The articles of a page, without its frame.
fn sheets(text: &str) -> Vec<&str> {
    text.split("<article ").skip(1).map(|part| part.split("</article>").next().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_sums_what_reached_the_child_and_shows_nobody_elses() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let (one, other) = (school.child("王小明", "529901201606120012", 3, 1), school.child("赵小红", "529901201603020032", 3, 1));
    let third = school.child("李小强", "529901201603020016", 3, 2);
    pay(&school, &one, &[("amount", "1250.50"), ("on", "2025-10-08"), ("paid_on", "2025-10-08")]);
    pay(&school, &one, &[("amount", "300"), ("on", "2026-03-01"), ("paid_on", "2026-03-01"), ("failed", "yes"), ("note", "私事一桩")]);
    pay(
        &school,
        &one,
        &[
            ("amount", "200"),
            ("on", "2026-03-01"),
            ("paid_on", "2026-03-01"),
            ("refund_amount", "50"),
            ("refund_on", "2026-03-02"),
            ("refund_why", "over_paid"),
            ("failed", "yes"),
        ],
    );
    let voided = pay(&school, &one, &[("amount", "7777"), ("on", "2026-03-01"), ("paid_on", "2026-03-01")]);
    school.desk.ask(&nobody(), Ask::RecordVoid { record: voided, why: "重复".into(), by: None }, Lang::Zh).unwrap();
    pay(&school, &other, &[("amount", "88"), ("on", "2026-03-01"), ("paid_on", "2026-03-01")]);

    let year = school.get("/paper/child/aid_statement", &officer).await.text;
    let pages = sheets(&year);
    assert_eq!(pages.len(), 2, "one child a page, none for who got nothing");
    let mine = pages.iter().find(|page| page.contains("王小明")).unwrap();
    assert!(!mine.contains("赵小红") && !mine.contains("88"), "{mine}");
    // 1250.50, nothing of the failed one, 150 of the one that came back in part.
    assert!(mine.contains("1400.50 元") && mine.contains("人民币壹仟肆佰元伍角整"), "{mine}");
    // A parent can add it up: what did not arrive stands beside what was paid, and the last figures make the sum.
    let text: String = mine
        .split('<')
        .filter_map(|part| part.split_once('>'))
        .map(|(_, text)| text.trim())
        .filter(|text| !text.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    assert!(text.contains("失败或退回 实际发到"), "{text}");
    assert!(text.contains("300 元 300 元 0 元") && text.contains("200 元 50 元 150 元") && text.contains("1250.50 元 1250.50 元"), "{text}");
    for private in ["529901201606120012", "2016-06-12", "私事一桩", "7777"] {
        assert!(!year.contains(private), "{private}");
    }
    let autumn = school.get(&format!("/paper/child/aid_statement?student={one}&term=1"), &officer).await.text;
    assert!(autumn.contains("1250.50 元") && autumn.contains("第一学期") && !autumn.contains("1400.50"), "the term's own sum");
    let bare = school.get(&format!("/paper/child/aid_statement?student={third}"), &officer).await.text;
    assert!(sheets(&bare).len() == 1 && bare.contains("没有资助发放的记录"), "asked for, a child with nothing is told so");
    assert_eq!(sheets(&school.get("/paper/child/aid_statement?class=3.2&empty=1", &officer).await.text).len(), 1);
    assert_eq!(sheets(&school.get("/paper/child/aid_statement?class=3.2", &officer).await.text).len(), 0);
    let noted = school.desk.ask(&nobody(), Ask::AuditList { action: Some("export".into()), limit: None }, Lang::Zh).unwrap().to_string();
    assert!(noted.contains("paper aid_statement") && !noted.contains("王小明"), "{noted}");
}

/// The text of a page, tags aside.
fn words(page: &str) -> String {
    page.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text.trim()).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_payments_ends_with_the_sum_of_all_that_is_filtered() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let (one, other) = (school.child("王小明", "529901201606120012", 3, 1), school.child("赵小红", "529901201603020032", 4, 1));
    let day = [("on", "2026-03-01"), ("paid_on", "2026-03-01")];
    for _ in 0..51 {
        pay(&school, &one, &[&day[..], &[("amount", "10")]].concat());
    }
    pay(&school, &one, &[&day[..], &[("amount", "312.50"), ("failed", "yes"), ("refund_amount", "100.10")]].concat());
    // Failed, and nobody wrote how much came back: all of it.
    pay(&school, &one, &[&day[..], &[("amount", "20"), ("failed", "yes")]].concat());
    let disputed = pay(&school, &one, &[&day[..], &[("amount", "5000")]].concat());
    let voided = pay(&school, &one, &[&day[..], &[("amount", "7000")]].concat());
    school.desk.ask(&nobody(), Ask::RecordVoid { record: voided, why: "重复".into(), by: None }, Lang::Zh).unwrap();
    pay(&school, &other, &[&day[..], &[("amount", "1")]].concat());
    let dispute = format!(
        "UPDATE record SET disputed = 1 WHERE id = '{disputed}'; UPDATE record_aid_payment SET _disputed = 1, amount = NULL WHERE _id = '{disputed}'"
    );
    school.desk.replica.store().write(move |c| c.execute_batch(&dispute).map_err(huxue_shared::store::StoreError::from)).unwrap();
    for path in ["/ledger/aid_payment?class=3.1", "/ledger/aid_payment/print?as=list&class=3.1", "/paper/ledgers?l.aid_payment=1&class=3.1"] {
        let text = words(&school.get(path, &officer).await.text);
        assert!(text.contains("合计 842.50 元 120.10 元"), "{path}: {text}");
        assert!(text.contains("减去退回的，还有 722.40 元") && text.contains("有 1 条记录有分歧，没有计入"), "{path}: {text}");
    }
    let listed = words(&school.get("/ledger/aid_payment/print?as=list&class=3.1", &officer).await.text);
    assert!(listed.contains("退回金额 发放失败或退回") && listed.contains("312.50 元 100.10 元 是"), "what came back stands beside it: {listed}");
    let voids = words(&school.get("/ledger/aid_payment?void=1", &officer).await.text);
    assert!(voids.contains("7000") && !voids.contains("合计"), "what is void is worth nothing: {voids}");
}

#[tokio::test(flavor = "multi_thread")]
async fn money_counts_only_in_states_that_count() {
    let school = School::new();
    let child = school.child("王小明", "529901201606120012", 3, 1);
    for (state, fen) in [("approved", 62_550), ("paid", 100), ("rejected", 50_000)] {
        let id = add(&school, "aid_application", Some(&child), &[("applicant", "guardian")]);
        let put = format!("UPDATE record_aid_application SET _state = '{state}', approved_amount = {fen} WHERE _id = '{id}'");
        school.desk.replica.store().write(move |c| c.execute_batch(&put).map_err(huxue_shared::store::StoreError::from)).unwrap();
    }
    let definition = school.desk.replica.definition("aid_application").unwrap();
    let sums = school.desk.replica.sums(&definition, &huxue_shared::replica::browse::Wanted::default()).unwrap();
    assert_eq!(sums.sums["approved_amount"], 62_650);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_to_take_along_asks_what_the_screen_asks_first_and_numbers_its_sheets() {
    let school = School::new();
    let (_, everybody) = school.person("wang", &[Role::Registrar, Role::AidOfficer], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    super::aid::programme(&school, "XX_ZD", "小学走读生生活补助", "primary", "day", None);
    let application = school.get(&format!("/paper/blank?code=aid_application&student={child}"), &everybody).await.text;
    let text = words(&application);
    for asked in ["资助项目 * □ 小学走读生生活补助", "申请人 *", "申请理由", "家庭人口", "家庭年收入", "其他＿＿＿＿＿＿"]
    {
        assert!(text.contains(asked), "{asked}: {text}");
    }
    for later in ["异议内容", "学校公示开始", "学校上报日期", "村（居）意见", "终止原因", "学校同意", "应助未助", "（其他，请说明）"]
    {
        assert!(!text.contains(later), "{later}: {text}");
    }
    assert!(sheets(&application).len() == 1 && !text.contains("第 1 页"), "one sheet needs no number");
    let payment = words(&school.get("/paper/blank?code=aid_payment&copies=2", &everybody).await.text);
    for asked in ["资助项目 *", "依据的申请 *", "金额（物品折价） *", "签收凭据"] {
        assert!(payment.contains(asked), "{asked}: {payment}");
    }
    for other in ["贷款到期日", "退回金额", "已还款金额"] {
        assert!(!payment.contains(other), "{other}: {payment}");
    }
    let long = school.get("/paper/blank?code=care_profile&copies=2", &everybody).await.text;
    let pages = sheets(&long);
    assert_eq!(pages.len(), 4);
    for (page, number) in pages.iter().zip(["第 1 页，共 2 页", "第 2 页，共 2 页", "第 1 页，共 2 页", "第 2 页，共 2 页"]) {
        assert!(page.contains(number), "{number}: {page}");
        assert_eq!(page.contains("class=\"signs\""), number.starts_with("第 2"), "signed once, at the end");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_answer_is_printed_too() {
    let school = School::new();
    let (_, principal) = school.person("zhang", &[Role::Principal], &[]);
    school.child("王小明", "529901201606120012", 3, 1);
    let page = school.get("/report/short_notices", &principal).await.text;
    assert!(page.contains("没有") && page.contains("data-print"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disputed_payment_leaves_what_is_still_due_unclaimed() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let application = |amount: i64| {
        let id = add(&school, "aid_application", Some(&child), &[("applicant", "guardian")]);
        let put = format!(
            "UPDATE record SET state = 'approved', fields = json_set(fields, '$.approved_amount', {amount}) WHERE id = '{id}';
             UPDATE record_aid_application SET _state = 'approved' WHERE _id = '{id}'"
        );
        (id, put)
    };
    let (whole, parted) = (application(62_550), application(100_000));
    let paid =
        |id: &str, amount: &str| pay(&school, &child, &[("amount", amount), ("application", id), ("on", "2026-03-01"), ("paid_on", "2026-03-01")]);
    let disputed = paid(&whole.0, "300");
    paid(&parted.0, "400");
    // Written down before the money went: nothing has reached the family yet.
    pay(&school, &child, &[("amount", "100"), ("application", &parted.0), ("on", "2026-03-01")]);
    let dispute = format!(
        "UPDATE record SET disputed = 1, fields = json_remove(fields, '$.amount') WHERE id = '{disputed}'; UPDATE record_aid_payment SET _disputed = 1, amount = NULL WHERE _id = '{disputed}'"
    );
    for put in [whole.1, parted.1, dispute] {
        school.desk.replica.store().write(move |c| c.execute_batch(&put).map_err(huxue_shared::store::StoreError::from)).unwrap();
    }
    let page = school.get(&format!("/paper/child/aid_statement?student={child}"), &officer).await.text;
    let due = page.split("已经批准、还没有发放的资助").nth(1).unwrap();
    let text: String = due.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect::<Vec<_>>().join(" ");
    assert!(text.contains("1000 元  600 元"), "the rest of the undisputed one: {text}");
    assert!(due.contains("<strong>600 元</strong>"), "only that is in the sum: {due}");
    assert!(text.contains("核对中") && text.contains("有 1 笔数据有分歧，正在核对"), "the other is said to be looked into: {text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_printed_keeps_to_what_the_person_reaches() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let own = school.child("王小明", "529901201606120012", 3, 1);
    let foreign = school.child("赵小红", "529901201603020032", 4, 1);
    for child in [&own, &foreign] {
        pay(&school, child, &[("amount", "88"), ("on", "2026-03-01"), ("paid_on", "2026-03-01")]);
        add(
            &school,
            "care_log",
            Some(child),
            &[("kind", "counsel"), ("with", "child"), ("counsel_text", "孩子说的秘密"), ("found", "想妈妈"), ("on", "2026-03-01")],
        );
    }
    for path in [
        "/paper/child/aid_statement",
        "/paper/child/care_card",
        "/paper/ledgers?all=1",
        "/paper/blank?code=care_log",
        "/paper/ledgers?all=1&class=4.1",
    ] {
        let text = school.get(path, &teacher).await.text;
        assert!(!text.contains("赵小红"), "{path}");
        assert!(!text.contains("孩子说的秘密"), "{path}: class C is on no paper");
        assert_eq!(text.contains("王小明"), !path.contains("4.1"), "{path}");
    }
    for path in [
        format!("/paper/child/aid_statement?student={foreign}"),
        format!("/paper/blank?code=care_log&student={foreign}"),
        "/paper/blank?code=aid_payment".into(),
    ] {
        assert_ne!(school.get(&path, &teacher).await.status, StatusCode::OK, "{path}");
    }
    assert_eq!(school.get("/paper/child/care_card", &officer).await.status, StatusCode::FORBIDDEN, "care is not the aid officer's");
    assert_eq!(school.get("/paper/child/nothing", &officer).await.status, StatusCode::NOT_FOUND);
    assert!(!school.get("/paper/ledgers", &teacher).await.text.contains("<article"), "nothing chosen is said, not printed");
}

const FIGURES: [(&str, &str); 9] = [
    ("month", "2026-02"),
    ("zero", "yes"),
    ("pupils", "2"),
    ("present", "2"),
    ("suspected", "0"),
    ("confirmed", "0"),
    ("returned", "0"),
    ("relapsed", "0"),
    ("open_cases", "0"),
];

#[tokio::test(flavor = "multi_thread")]
async fn only_the_principal_signs_and_what_is_signed_stands_until_it_is_taken_back() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let (_, principal) = school.person("zhang", &[Role::Principal], &[]);
    let report = add(&school, "monthly_report", None, &FIGURES);
    let page = school.get(&format!("/record/{report}"), &registrar).await.text;
    assert!(page.contains("请校长用自己的账号办理") && !page.contains("/step/sign"), "{page}");
    let refused = school.post(&format!("/record/{report}/step/sign"), &registrar, "signed_by=%E6%88%91").await;
    assert!(refused.status == StatusCode::FORBIDDEN && refused.text.contains("这一步要由校长办理"), "{}", refused.text);
    assert_eq!(school.records("monthly_report")[0].state.as_deref(), Some("draft"));

    let page = school.get(&format!("/record/{report}"), &principal).await.text;
    assert!(page.contains("/step/sign") && page.contains("zhang老师"), "the principal's own name stands in the form");
    let signed = school.post(&format!("/record/{report}/step/sign"), &principal, "signed_by=%E5%BC%A0%E6%A0%A1%E9%95%BF").await;
    assert_eq!(signed.status, StatusCode::SEE_OTHER, "{}", signed.text);
    assert_eq!(school.records("monthly_report")[0].state.as_deref(), Some("signed"));

    let edit = school.post(&format!("/record/{report}/edit"), &registrar, "pupils=3&was.pupils=2").await;
    assert!(edit.status == StatusCode::FORBIDDEN && edit.text.contains("先撤回再改"), "{} {}", edit.status, edit.text);
    let page = school.get(&format!("/record/{report}"), &registrar).await.text;
    assert!(!page.contains("/edit\"") && !page.contains("/void"), "what cannot be done is not offered");
    assert_eq!(school.post(&format!("/record/{report}/void"), &registrar, "_why=x").await.status, StatusCode::FORBIDDEN, "nor taken out of sight");
    assert_eq!(school.post(&format!("/record/{report}/step/take_back"), &registrar, "").await.status, StatusCode::SEE_OTHER);
    assert_eq!(school.post(&format!("/record/{report}/edit"), &registrar, "pupils=3&was.pupils=2").await.status, StatusCode::SEE_OTHER);
    let again = school.records("monthly_report");
    assert_eq!(
        (again[0].state.as_deref(), again[0].fields["pupils"].clone()),
        (Some("draft"), huxue_shared::document::view::Value::Int(3)),
        "to be signed anew"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_zero_report_asks_for_what_the_records_do_not_say_and_says_that_no_calendar_came() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    school.listed();
    school.child("王小明", "529901201606120012", 3, 1);
    let page = school.get("/ledger/monthly_report/new?month=2026-02", &registrar).await.text;
    let offer = page.split("class=\"card offer\"").nth(1).unwrap().split("</section>").next().unwrap();
    assert!(offer.contains("name=\"present\" required"), "no roll was taken, so nobody knows who was there: {offer}");
    assert!(offer.contains("还没有发校历"), "{offer}");
    let hidden: Vec<String> = offer
        .split("<input type=\"hidden\" name=\"")
        .skip(1)
        .map(|rest| format!("{}={}", rest.split('"').next().unwrap(), rest.split("value=\"").nth(1).unwrap().split('"').next().unwrap()))
        .collect();
    let made = school.post("/ledger/monthly_report/new", &registrar, &format!("{}&present=1", hidden.join("&"))).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    assert!(!school.get(&made.location, &registrar).await.text.contains("还缺什么"), "nothing is left for the principal to find");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_gets_the_next_number_and_one_given_twice_is_said() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let case = add(&school, "dropout_case", Some(&child), &[("opened_by", "teacher"), ("first_absent", "2026-02-20")]);
    let notice = |number: &'static str| {
        let mut set =
            vec![("case", case.as_str()), ("issued_on", "2026-03-02"), ("return_by", "2026-03-09"), ("issuer", "张校长"), ("kind", "persuade")];
        if !number.is_empty() {
            set.push(("number", number));
        }
        add(&school, "return_notice", Some(&child), &set)
    };
    let first = notice("");
    assert!(school.get(&format!("/record/{first}"), &registrar).await.text.contains("石桥小学〔2026〕1号"), "the first of the year");
    let (one, other) = (notice("石小〔2026〕7号"), notice("石小〔2026〕7号"));
    assert!(
        school.get(&format!("/record/{first}"), &registrar).await.text.contains("石小〔2026〕8号"),
        "after the greatest there is, as the school writes it"
    );
    let paper = school.get(&format!("/record/{one}/print"), &registrar).await.text;
    assert!(paper.contains("在另一份上也用了") && paper.contains(&format!("/record/{other}")), "{paper}");
    assert!(!school.get(&format!("/record/{first}/print"), &registrar).await.text.contains("在另一份上也用了"));
    for part in ["存根", "送达回证", "骑缝"] {
        assert!(paper.contains(part), "{part}");
    }
    assert_eq!(sheets(&school.get("/ledger/return_notice/print?as=each", &registrar).await.text).len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_year_is_printed_with_its_own_children_and_terms() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let now = school.child("王小明", "529901201606120012", 3, 1);
    let set =
        [("name", "周旧生"), ("sex", "male"), ("birth", "2014-01-05"), ("grade", "6"), ("class", "1"), ("boarding", "day"), ("stage", "primary")];
    let set = set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let done =
        school.desk.ask(&nobody(), Ask::RecordAdd { ledger: "enrolment".into(), subject: None, year: Some(2024), set, by: None }, Lang::Zh).unwrap();
    let old = done["record"].as_str().unwrap().to_owned();
    for (child, year, on) in [(&old, Some(2024), "2024-10-09"), (&old, Some(2024), "2025-03-09"), (&now, None, "2026-03-01")] {
        let set = [("kind", "visit"), ("with", "child"), ("on", on)].iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let subject = Some(huxue_shared::command::request::SubjectRef::Student(child.clone()));
        school.desk.ask(&nobody(), Ask::RecordAdd { ledger: "care_log".into(), subject, year, set, by: None }, Lang::Zh).unwrap();
    }
    let index = school.get("/paper", &registrar).await.text;
    assert!(index.contains("2024—2025") && index.contains("2025—2026"), "years that are kept can be chosen");
    let printed = school.get("/paper/ledgers?l.care_log=1&l.enrolment=1&year=2024", &registrar).await.text;
    assert!(printed.contains("周旧生") && printed.contains("六年级1班") && !printed.contains("王小明"), "{printed}");
    assert!(printed.contains("2024年下半年") && printed.contains("2025年上半年"), "indexed by calendar half-year");
    let autumn = school.get("/paper/ledgers?l.care_log=1&year=2024&term=1", &registrar).await.text;
    assert!(autumn.contains("2024-10-09") && !autumn.contains("2025-03-09") && autumn.contains("2024—2025学年第一学期（秋）"), "{autumn}");
    let none = school.get("/paper/ledgers?l.care_log=1&year=2024&class=3.1", &registrar).await.text;
    assert!(sheets(&none).is_empty() && none.contains("没有记录"), "nothing there is said");
    let listed = school.get("/ledger/care_log?f.kind=visit", &registrar).await.text;
    let link = listed
        .split("href=\"")
        .map(|part| part.split('"').next().unwrap())
        .find(|href| href.starts_with("/paper?of="))
        .unwrap()
        .replace("&#38;", "&")
        .replace("&amp;", "&");
    let papers = school.get(&link, &registrar).await.text;
    assert!(papers.contains("name=\"of\" value=\"care_log\"") && papers.contains("name=\"f.kind\" value=\"visit\""), "{link} {papers}");
    let cards = school.get("/paper/child/care_card?of=care_log&f.kind=visit", &registrar).await.text;
    assert_eq!(sheets(&cards).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_of_two_cases_tells_each_by_itself_and_the_older_first() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let case = |first: &str, on: &str| add(&school, "dropout_case", Some(&child), &[("opened_by", "teacher"), ("first_absent", first), ("on", on)]);
    let (later, earlier) = (case("2026-02-20", "2026-02-24"), case("2026-01-12", "2026-01-14"));
    let attempt = |case: &str, on: &str, who: &str| {
        add(&school, "dropout_step", Some(&child), &[("case", case), ("step", "call"), ("who", who), ("result", "refused"), ("on", on)]);
    };
    // The older case is still gone after while the newer is open, and what was done first is written last.
    for (case, on, who) in
        [(&later, "2026-02-25", "丙"), (&earlier, "2026-02-26", "乙"), (&earlier, "2026-01-15", "甲"), (&later, "2026-02-27", "丁")]
    {
        attempt(case, on, who);
    }
    let paper = school.get(&format!("/paper/child/dropout_history?student={child}"), &registrar).await.text;
    let places: Vec<usize> = [
        "<h3>办理过程 · 失学起始日 2026-01-12",
        "<h3>办理过程 · 失学起始日 2026-02-20",
        "<h3>劝返经过 · 失学起始日 2026-01-12",
        ">甲<",
        ">乙<",
        "<h3>劝返经过 · 失学起始日 2026-02-20",
        ">丙<",
        ">丁<",
    ]
    .iter()
    .map(|mark| paper.find(mark).unwrap_or_else(|| panic!("{mark}: {paper}")))
    .collect();
    assert!(places.is_sorted(), "{places:?} {paper}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_is_a_draft_or_void_says_so_on_every_piece_of_its_paper() {
    let school = School::new();
    let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let case = add(&school, "dropout_case", Some(&child), &[("opened_by", "teacher"), ("first_absent", "2026-02-20")]);
    let set = [("case", case.as_str()), ("kind", "persuade"), ("issued_on", "2026-03-02"), ("return_by", "2026-03-09"), ("issuer", "张校长")];
    let notice = add(&school, "return_notice", Some(&child), &set);
    let print = format!("/record/{notice}/print");
    // Stub, notice and slip are cut apart.
    assert_eq!(school.get(&print, &registrar).await.text.matches("<p class=\"no-letter\">草稿，未签发</p>").count(), 3);
    assert!(school.get("/ledger/return_notice/print?as=each", &registrar).await.text.contains("草稿，未签发"));
    let set = [("number".to_owned(), "石桥小学〔2026〕1号".to_owned())].into();
    let request = Ask::RecordStep { record: notice.clone(), step: "issue".into(), set, on: None, by: None, why: None, to: None };
    school.desk.ask(&nobody(), request, Lang::Zh).unwrap();
    assert!(!school.get(&print, &registrar).await.text.contains("no-letter"));
    school.desk.ask(&nobody(), Ask::RecordVoid { record: notice, why: "写错".into(), by: None }, Lang::Zh).unwrap();
    assert_eq!(school.get(&print, &registrar).await.text.matches("<p class=\"no-letter\">已作废</p>").count(), 3);
}
