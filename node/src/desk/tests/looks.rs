//! Every template is drawn from a school that is the same at every run, and kept as a snapshot in both languages; the first test holds that true.

use super::{COOKIE, HOST, Method, ORIGIN, Role, School, stampless, steady};
use axum::{body::Body, http::Request};
use std::{collections::BTreeSet, fs, path::PathBuf};

/// Each template, and the snapshot that shows it: `<test module's end>__<name>`.
const SHOWN_BY: [(&str, &str); 49] = [
    ("chart.html", "looks__chart"),
    ("child.html", "tests__child"),
    ("children.html", "tests__children"),
    ("chips.html", "files__files"),
    ("compared.html", "looks__compared"),
    ("conflicts.html", "tests__conflicts"),
    ("files-room.html", "files__room"),
    ("files.html", "files__record_files"),
    ("form.html", "tests__form"),
    ("grid-preview.html", "grid__grid_preview"),
    ("grid.html", "tests__grid"),
    ("import-preview.html", "imports__import_both"),
    ("import.html", "looks__import"),
    ("inputs.html", "tests__form"),
    ("layout.html", "tests__today"),
    ("ledger.html", "tests__list"),
    ("ledgers.html", "looks__ledgers"),
    ("login.html", "looks__login"),
    ("machine.html", "tests__machine"),
    ("me.html", "looks__me"),
    ("oops.html", "tests__nowhere"),
    ("paper-blank.html", "tests__paper_blank"),
    ("paper-child.html", "tests__paper_statement"),
    ("paper-index.html", "tests__papers"),
    ("paper-list.html", "looks__paper_list"),
    ("paper-parts.html", "tests__paper_run"),
    ("paper-run.html", "tests__paper_run"),
    ("paper.html", "tests__paper_notice"),
    ("password.html", "tests__password"),
    ("people.html", "tests__people"),
    ("person-fields.html", "looks__person"),
    ("person.html", "looks__person"),
    ("prefill.html", "looks__prefill"),
    ("pulse.html", "looks__pulse"),
    ("record.html", "tests__record"),
    ("report.html", "tests__report"),
    ("reports.html", "looks__reports"),
    ("roll-head.html", "tests__roll"),
    ("roll-row-only.html", "looks__roll_row"),
    ("roll-row.html", "tests__roll"),
    ("roll.html", "tests__roll"),
    ("rolls.html", "tests__rolls"),
    ("room.html", "files__room"),
    ("said.html", "looks__form_refused"),
    ("start.html", "looks__start"),
    ("step.html", "tests__record"),
    ("today.html", "tests__today"),
    ("trail.html", "tests__record"),
    ("undo.html", "looks__undo"),
];

#[test]
fn every_template_is_shown_by_a_snapshot_in_both_languages() {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let names = |folder: &str| -> BTreeSet<String> {
        fs::read_dir(here.join(folder)).into_iter().flatten().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    };
    let mut templates = names("../shared/src/web/html");
    templates.extend(names("src/desk/html"));
    // The first start has no desk behind it: shown beside its own code.
    assert!(templates.remove("wizard.html"));
    let table: BTreeSet<String> = SHOWN_BY.iter().map(|(template, _)| (*template).to_owned()).collect();
    assert_eq!(templates, table, "a template is added to the table with the snapshot that shows it");
    let kept: BTreeSet<String> = ["src/desk/snapshots", "src/desk/tests/snapshots"].iter().flat_map(|folder| names(folder)).collect();
    for (template, shown) in SHOWN_BY {
        for lang in ["zh", "en"] {
            assert!(kept.iter().any(|file| file.ends_with(&format!("__{shown}_{lang}.snap"))), "{template}: no snapshot {shown}_{lang}");
        }
    }
}

/// What is asked, by whom: with a session or without, reading or writing.
async fn ask(school: &School, method: Method, path: &str, session: Option<&str>, lang: &str, form: &str) -> String {
    let request = Request::builder().method(method).header("host", HOST).header("origin", ORIGIN);
    let (path, cookie) = match session {
        Some(session) => (format!("{path}{}t={}", if path.contains('?') { '&' } else { '?' }, school.token(session)), format!("{COOKIE}={session}")),
        None => (path.to_owned(), format!("huxue_visitor={}", "ab".repeat(32))),
    };
    let request =
        request.uri(path).header("cookie", format!("{cookie}; huxue_lang={lang}")).header("content-type", "application/x-www-form-urlencoded");
    school.send(request.body(Body::from(form.to_owned())).unwrap()).await.text
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rest_of_the_pages_looks_as_it_did_in_both_languages() {
    let new = School::new();
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar, Role::Principal], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    school.child("赵小红", "529901201603020032", 4, 1);
    school.listed();
    let made = school
        .post(
            "/ledger/monthly_report/new?month=2026-02",
            &session,
            "month=2026-02&zero=true&pupils=9&present=8&suspected=0&confirmed=0&returned=0&relapsed=0&open_cases=0",
        )
        .await;
    let monthly = made.location.split('?').next().unwrap().to_owned();
    assert!(monthly.starts_with("/record/monthly_report"), "{}", made.text);
    let again = "/ledger/monthly_report/new?month=2026-02";
    assert_eq!(school.get(again, &session).await.location, monthly, "a month that is begun is gone on with");
    let twice = school.post(again, &session, "month=2026-02&zero=true").await;
    assert!(twice.status.is_client_error() && twice.text.contains("这个月的已经填了"), "{}", twice.text);
    assert_eq!(school.records("monthly_report").len(), 1);
    for lang in ["zh", "en"] {
        let pages = [
            ("ledgers", "/ledgers".to_owned()),
            ("reports", "/reports".into()),
            ("chart", "/report/enrolment_headcount".into()),
            ("me", "/me".into()),
            ("person", "/people/1".into()),
            ("import", "/import".into()),
            ("paper_list", "/ledger/enrolment/print?as=list".into()),
            ("prefill", "/ledger/monthly_report/new?month=2026-01".into()),
            ("compared", monthly.clone()),
            ("pulse", "/pulse".into()),
        ];
        for (name, path) in pages {
            let text = ask(&school, Method::GET, &path, Some(&session), lang, "").await;
            insta::assert_snapshot!(format!("{name}_{lang}"), steady(&school, &session, &text));
        }
        let row = ask(&school, Method::POST, "/roll/3/1/row?on=2026-03-02", Some(&session), lang, &format!("student={child}&state=leave")).await;
        insta::assert_snapshot!(format!("roll_row_{lang}"), steady(&school, &session, &row));
        let refused = ask(&school, Method::POST, "/ledger/care_log/new", Some(&session), lang, &format!("_student={child}&minutes=x")).await;
        insta::assert_snapshot!(format!("form_refused_{lang}"), steady(&school, &session, &refused));
        let saved = school.post(&format!("/record/{child}/edit"), &session, &format!("address={lang}&was.address=")).await.location;
        let batch = saved.split("undo=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let undone = ask(&school, Method::POST, &format!("/undo/{batch}"), Some(&session), lang, "").await;
        insta::assert_snapshot!(format!("undo_{lang}"), steady(&school, &session, &undone).replace(&batch, "BATCH"));
        for (name, of, path) in [("login", &school, "/login"), ("start", &new, "/start")] {
            let text = ask(of, Method::GET, path, None, lang, "").await;
            insta::assert_snapshot!(format!("{name}_{lang}"), stampless(&text.replace(&"ab".repeat(32), "TOKEN")));
        }
    }
}
