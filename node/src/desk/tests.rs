//! The school's desk, asked without a socket: the gate over every route, and a teacher's acts. Pages are kept as snapshots in both languages. Claims over one school: one room.

mod aid;
mod asked;
mod cases;
mod classes;
mod grid;
mod hostile;
mod imports;
mod looks;
mod moves;
mod named;
mod noted;
mod paper;
mod pasted;
mod read;
mod roll;
pub(super) mod seams;
mod sheets;
mod standing;
mod trail;
mod walks;

use super::{
    lan::{Lan, Told},
    machine::Machine,
    pages,
};
use crate::doctor::{Item, Mark};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request, StatusCode, header},
};
use huxue_shared::{
    clock::TestClock,
    command::Request as Ask,
    fault::{Exit, Fault},
    identity::Keypair,
    locale::Lang,
    replica::{Me, Replica, Role as Side},
    store::StoreConfig,
    web::{
        Desk, DeskConfig,
        account::{Account, Class, Role},
        login, people, routes,
        session::{COOKIE, IDLE_S},
    },
};
use std::{collections::BTreeMap, fs, path::PathBuf, sync::Arc};
use tower::ServiceExt as _;

mod files;

const HOST: &str = "127.0.0.1:4481";
const ORIGIN: &str = "http://127.0.0.1:4481";
pub(super) const PASSWORD: &str = "石桥的一句话2026";

/// A school on Monday, 2 March 2026, 10:00 in China.
pub(super) struct School {
    pub(super) desk: Arc<Desk>,
    pub(super) router: Router,
    pub(super) clock: Arc<TestClock>,
    pub(super) lan: Arc<Lan>,
    pub(super) dir: tempfile::TempDir,
}

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) location: String,
    pub(super) cookies: Vec<String>,
    pub(super) text: String,
}

impl School {
    pub(super) fn new() -> Self {
        Self::told(Told::default())
    }

    pub(super) fn told(told: Told) -> Self {
        let clock = Arc::new(TestClock::new("2026-03-02T02:00:00Z".parse().unwrap(), 7));
        let dir = tempfile::tempdir().unwrap();
        let school = "5299010001".parse().unwrap();
        let county = Keypair::generate(clock.as_ref());
        let county_key: [u8; 32] = county.public_bytes().try_into().unwrap();
        let me = Me {
            role: Side::Node(school),
            county: "529901".parse().unwrap(),
            keypair: Keypair::generate(clock.as_ref()),
            county_key,
            id_secret: [7; 32],
        };
        let store = StoreConfig { path: dir.path().join("huxue.db"), key: None, cache_mib: 4 };
        let replica = Replica::open(store, me, clock.clone()).unwrap();
        let status = {
            let replica = Arc::clone(&replica);
            Arc::new(move |_: Lang| replica.status().map_err(Into::into))
        };
        let config = DeskConfig { place: "石桥小学".into(), hosts: vec!["huxue.school.lan".into()], status };
        let lan = Lan::new(Arc::clone(&replica), dir.path().to_owned(), config.place.clone(), told);
        let desk = Desk::new(replica, config);
        let router =
            routes::desk(&desk, pages::routes(Machine { lan: Arc::clone(&lan), dir: dir.path().to_owned(), doctor: Arc::new(|_| findings()) }));
        Self { desk, router, clock, lan, dir }
    }

    /// An account and the cookie of its session.
    pub(super) fn person(&self, login: &str, roles: &[Role], classes: &[Class]) -> (Account, String) {
        let roles = roles.iter().copied().collect();
        let id = login::new_account(&self.desk.replica, login, &format!("{login}老师"), &roles, classes, PASSWORD, false).unwrap();
        let secret = self.desk.sessions.begin(self.desk.clock(), id);
        (self.desk.account(id).unwrap().unwrap(), secret)
    }

    pub(super) fn child(&self, name: &str, number: &str, grade: u8, class: u8) -> String {
        let birth = format!("{}-{}-{}", &number[6..10], &number[10..12], &number[12..14]);
        let set = [
            ("name", name),
            ("id_no", number),
            ("sex", if number.as_bytes()[16] % 2 == 1 { "male" } else { "female" }),
            ("birth", &birth),
            ("stage", "primary"),
            ("boarding", "day"),
            ("left_behind", "yes"),
            ("registered_household", "no"),
        ];
        let mut set: BTreeMap<String, String> = set.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        set.insert("grade".into(), grade.to_string());
        set.insert("class".into(), class.to_string());
        let done =
            self.desk.ask(&nobody(), Ask::RecordAdd { ledger: "enrolment".into(), subject: None, year: None, set, by: None }, Lang::Zh).unwrap();
        done["record"].as_str().unwrap().to_owned()
    }

    /// The county's list of schools has come: reports have a line for this one.
    pub(super) fn listed(&self) {
        let put = "INSERT INTO record_school (_id, _doc, _year, _term, _disputed, _reopened, _v, void, code, name) VALUES ('school:1', 1, 2025, 0, 0, 0, 1, 0, '5299010001', '石桥小学')";
        self.desk.replica.store().write(|c| c.execute_batch(put).map_err(huxue_shared::store::StoreError::from)).unwrap();
    }

    pub(super) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let text = |name: header::HeaderName| response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let cookies = response.headers().get_all(header::SET_COOKIE).iter().map(|v| v.to_str().unwrap().to_owned()).collect();
        let (status, location) = (response.status(), text(header::LOCATION));
        let body = to_bytes(response.into_body(), 16 << 20).await.unwrap();
        Answer { status, location, cookies, text: String::from_utf8_lossy(&body).into_owned() }
    }

    pub(super) async fn get(&self, path: &str, session: &str) -> Answer {
        let request = Request::get(path).header("host", HOST).header("cookie", format!("{COOKIE}={session}"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn english(&self, path: &str, session: &str) -> Answer {
        let request = Request::get(path).header("host", HOST).header("cookie", format!("{COOKIE}={session}; huxue_lang=en"));
        self.send(request.body(Body::empty()).unwrap()).await
    }

    pub(super) fn token(&self, session: &str) -> String {
        self.desk.sessions.find(self.desk.clock(), session, false).unwrap().csrf
    }

    pub(super) async fn post(&self, path: &str, session: &str, form: &str) -> Answer {
        let sign = if path.contains('?') { '&' } else { '?' };
        let request = Request::post(format!("{path}{sign}t={}", self.token(session)))
            .header("host", HOST)
            .header("origin", ORIGIN)
            .header("cookie", format!("{COOKIE}={session}"))
            .header("content-type", "application/x-www-form-urlencoded");
        self.send(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    pub(super) fn records(&self, ledger: &str) -> Vec<huxue_shared::replica::browse::Row> {
        let definition = self.desk.replica.definition(ledger).unwrap();
        let wanted = huxue_shared::replica::browse::Wanted { limit: 100, ..Default::default() };
        self.desk.replica.page(&definition, &wanted).unwrap().rows
    }
}

/// How the machine of a test is.
fn findings() -> Vec<Item> {
    let item = |check: &str, mark, code| Item { check: check.to_owned(), mark, said: Fault::new(code, Exit::Found) };
    let mut waiting = item("conflicts", Mark::Look, "doctor-conflicts");
    waiting.said = waiting.said.with("count", 2);
    vec![item("database", Mark::Well, "doctor-database"), item("unit", Mark::Look, "doctor-unit-off"), waiting]
}

/// Whoever enters the children of a test; not an account.
pub(super) fn nobody() -> Account {
    Account { id: 0, login: "test".into(), name: "test".into(), roles: [].into(), classes: Vec::new(), must_change: false, disabled: false }
}

pub(super) fn class(grade: i64, class: i64) -> Class {
    Class { grade, class }
}

/// Every route there is: method and an address that leads to it. Held complete by the next test.
const ROUTES: [(&str, &str, &str); 72] = [
    ("get", "/static/{stamp}/{name}", "/static/x/app.css"),
    ("get", "/start", "/start"),
    ("post", "/start", "/start"),
    ("get", "/login", "/login"),
    ("post", "/login", "/login"),
    ("post", "/logout", "/logout"),
    ("get", "/lock", "/lock"),
    ("post", "/lock", "/lock"),
    ("get", "/password", "/password"),
    ("post", "/password", "/password"),
    ("post", "/language", "/language"),
    ("get", "/people", "/people"),
    ("post", "/people", "/people"),
    ("get", "/people/{id}", "/people/1"),
    ("post", "/people/{id}", "/people/1"),
    ("post", "/people/{id}/reset", "/people/1/reset"),
    ("get", "/me", "/me"),
    ("get", "/events", "/events"),
    ("get", "/pulse", "/pulse"),
    ("get", "/children", "/children"),
    ("get", "/child/{student}", "/child/00"),
    ("get", "/ledgers", "/ledgers"),
    ("get", "/ledger/{code}", "/ledger/care_log"),
    ("get", "/ledger/{code}/export", "/ledger/care_log/export"),
    ("get", "/ledger/{code}/new", "/ledger/care_log/new"),
    ("post", "/ledger/{code}/new", "/ledger/care_log/new"),
    ("post", "/ledger/{code}/check", "/ledger/care_log/check"),
    ("get", "/ledger/{code}/grid", "/ledger/care_log/grid"),
    ("post", "/ledger/{code}/grid/lay", "/ledger/care_log/grid/lay"),
    ("post", "/ledger/{code}/grid/judge", "/ledger/care_log/grid/judge"),
    ("post", "/ledger/{code}/grid/preview", "/ledger/care_log/grid/preview"),
    ("post", "/ledger/{code}/grid/save", "/ledger/care_log/grid/save"),
    ("post", "/undo/{batch}", "/undo/0000"),
    ("get", "/record/{id}", "/record/care_log:01"),
    ("get", "/record/{id}/edit", "/record/care_log:01/edit"),
    ("post", "/record/{id}/edit", "/record/care_log:01/edit"),
    ("post", "/record/{id}/day", "/record/care_log:01/day"),
    ("post", "/record/{id}/void", "/record/care_log:01/void"),
    ("post", "/record/{id}/unvoid", "/record/care_log:01/unvoid"),
    ("post", "/record/{id}/step/{step}", "/record/care_log:01/step/x"),
    ("get", "/record/{id}/print", "/record/care_log:01/print"),
    ("get", "/ledger/{code}/print", "/ledger/care_log/print"),
    ("get", "/paper", "/paper"),
    ("get", "/paper/ledgers", "/paper/ledgers"),
    ("get", "/paper/child/{paper}", "/paper/child/aid_statement"),
    ("get", "/paper/blank", "/paper/blank"),
    ("get", "/conflicts", "/conflicts"),
    ("post", "/conflicts/{id}", "/conflicts/00"),
    ("get", "/import", "/import"),
    ("post", "/import/preview", "/import/preview"),
    ("get", "/import/{token}", "/import/00"),
    ("post", "/import/{token}/apply", "/import/00/apply"),
    ("get", "/import/{token}/refused", "/import/00/refused"),
    ("get", "/import/refused/{id}", "/import/refused/00"),
    ("post", "/import/refused/{id}/forget", "/import/refused/00/forget"),
    ("get", "/reports", "/reports"),
    ("get", "/report/{name}", "/report/dropout_now"),
    ("get", "/report/{name}/file", "/report/dropout_now/file"),
    ("get", "/", "/"),
    ("get", "/roll", "/roll"),
    ("get", "/roll/{grade}/{class}", "/roll/3/1"),
    ("post", "/roll/{grade}/{class}/row", "/roll/3/1/row"),
    ("post", "/roll/{grade}/{class}/withdraw", "/roll/3/1/withdraw"),
    ("get", "/machine", "/machine"),
    ("post", "/machine/lan", "/machine/lan"),
    ("post", "/guide/away", "/guide/away"),
    ("get", "/record/{id}/files", "/record/care_log:01/files"),
    ("post", "/record/{id}/file", "/record/care_log:01/file"),
    ("get", "/record/{id}/file/{field}", "/record/care_log:01/file/photo"),
    ("get", "/record/{id}/file/{field}/small", "/record/care_log:01/file/photo/small"),
    ("post", "/record/{id}/file/{field}/remove", "/record/care_log:01/file/photo/remove"),
    ("get", "/files", "/files"),
];

/// Routes that a stranger may ask, because they let people in.
const OPEN: [&str; 4] = ["/static/x/app.css", "/start", "/login", "/language"];

#[test]
fn the_table_of_routes_is_whole() {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["src/desk", "../shared/src/web"] {
        for entry in fs::read_dir(here.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if !name.ends_with(".rs") || ["tests.rs", "wizard.rs"].contains(&name.as_str()) {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            for part in text.split(".route(\"").skip(1) {
                let (address, rest) = part.split_once('"').unwrap();
                let line = rest.lines().next().unwrap();
                for method in ["get", "post"] {
                    if line.contains(&format!("{method}(")) {
                        found.push((method.to_owned(), address.to_owned()));
                    }
                }
            }
        }
    }
    let mut table: Vec<(String, String)> = ROUTES.iter().map(|(method, address, _)| ((*method).to_owned(), (*address).to_owned())).collect();
    table.push(("post".into(), "/roll/{grade}/{class}/done".into()));
    found.sort();
    table.sort();
    assert_eq!(found, table);
}

fn request(method: &str, path: &str, host: &str, origin: Option<&str>, cookie: &str) -> Request<Body> {
    let mut request = Request::builder().method(method.to_uppercase().as_str()).uri(path).header("host", host).header("cookie", cookie);
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    request.header("content-type", "application/x-www-form-urlencoded").body(Body::empty()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_answers_to_a_foreign_host() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let token = school.token(&session);
    for (method, _, path) in ROUTES {
        let path = format!("{path}?t={token}");
        let answer = school.send(request(method, &path, "evil.example:4481", Some("http://evil.example:4481"), &format!("{COOKIE}={session}"))).await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{method} {path}");
        assert!(answer.text.is_empty(), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_but_the_doors_opens_without_a_login() {
    let school = School::new();
    school.person("wang", &[Role::Registrar], &[]);
    for (method, _, path) in ROUTES.iter().filter(|(_, _, path)| !OPEN.contains(path)) {
        let answer = school.send(request(method, path, HOST, Some(ORIGIN), "")).await;
        let turned_away = answer.status == StatusCode::SEE_OTHER && answer.location.starts_with("/login") || answer.status == StatusCode::FORBIDDEN;
        assert!(turned_away, "{method} {path}: {} {}", answer.status, answer.location);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_post_passes_without_the_token_or_from_elsewhere() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let (cookie, token) = (format!("{COOKIE}={session}"), school.token(&session));
    for (method, _, path) in ROUTES.iter().filter(|(method, ..)| *method == "post") {
        let wrong = [
            (path.to_string(), Some(ORIGIN), "no token"),
            (format!("{path}?t={}", token.replace(|c: char| c.is_ascii_digit(), "a")), Some(ORIGIN), "another token"),
            (format!("{path}?t="), Some(ORIGIN), "an empty token"),
            (format!("{path}?t={token}"), None, "no origin"),
            (format!("{path}?t={token}"), Some("http://evil.example"), "another origin"),
            (format!("{path}?t={token}"), Some("null"), "a hidden origin"),
        ];
        for (path, origin, why) in wrong {
            let answer = school.send(request(method, &path, HOST, origin, &cookie)).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path} with {why}");
        }
    }
    assert!(school.desk.sessions.find(school.desk.clock(), &session, false).is_some(), "nobody was logged out by it");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_the_headers() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    for path in ["/", "/login", "/nowhere", "/children"] {
        let response = school.router.clone().oneshot(request("get", path, HOST, None, &format!("{COOKIE}={session}"))).await.unwrap();
        let header = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let policy = header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!((header("cache-control").as_str(), header("x-content-type-options").as_str()), ("no-store", "nosniff"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_hold_no_inline_script_or_style() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    for path in [
        "/",
        "/children",
        &format!("/child/{child}"),
        "/ledgers",
        "/ledger/care_log",
        "/people",
        "/import",
        "/reports",
        "/roll/3/1",
        "/me",
        "/password",
        "/machine",
    ] {
        let answer = school.get(path, &session).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        let lower = answer.text.to_lowercase();
        assert!(!lower.contains(" style=") && !lower.contains("<style") && !lower.contains(" onclick="), "{path}");
        assert!(lower.split("<script").skip(1).all(|tag| tag.starts_with(" src=\"/static/")), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_in_takes_the_right_password_and_guessing_is_slowed_down() {
    let school = School::new();
    school.person("wang", &[Role::Registrar], &[]);
    let visitor = "ab".repeat(32);
    let cookie = format!("huxue_visitor={visitor}");
    let enter = |password: &str| {
        let body = format!("login=WANG&password={password}&next=//evil.example");
        let request = Request::post(format!("/login?t={visitor}")).header("host", HOST).header("origin", ORIGIN).header("cookie", &cookie);
        request.header("content-type", "application/x-www-form-urlencoded").body(Body::from(body)).unwrap()
    };
    for _ in 0..6 {
        let answer = school.send(enter("wrong")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let answer = school.send(enter(PASSWORD)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "even the right one waits");
    school.clock.advance_s(3);
    let answer = school.send(enter(PASSWORD)).await;
    assert_eq!((answer.status, answer.location.as_str()), (StatusCode::SEE_OTHER, "/"), "and never to another site");
    assert!(answer.cookies.iter().any(|c| c.starts_with("huxue_session=") && c.contains("HttpOnly; SameSite=Strict")), "{:?}", answer.cookies);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_made_on_the_command_line_logs_in_and_chooses_a_password_first() {
    let school = School::new();
    let add = |login: &str, role: &str, classes: &[&str]| {
        let classes: Vec<String> = classes.iter().map(|c| (*c).to_owned()).collect();
        people::add_by_login(&school.desk.replica, login, "李老师", &[role.to_owned()], &classes)
    };
    assert_eq!(add("li", "janitor", &[]).unwrap_err().code, "account-role");
    assert_eq!(add("li", "class_teacher", &[]).unwrap_err().code, "account-classes");
    let once = add("li", "class_teacher", &["3.1", "3.2"]).unwrap();
    assert_eq!(add("LI", "registrar", &[]).unwrap_err().code, "account-taken");
    let visitor = "ab".repeat(32);
    let request = Request::post(format!("/login?t={visitor}")).header("host", HOST).header("origin", ORIGIN);
    let request = request.header("cookie", format!("huxue_visitor={visitor}")).header("content-type", "application/x-www-form-urlencoded");
    let entered = school.send(request.body(Body::from(format!("login=li&password={once}"))).unwrap()).await;
    assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.text);
    let secret = entered.cookies.iter().find_map(|c| c.strip_prefix("huxue_session=")).and_then(|c| c.split(';').next()).unwrap().to_owned();
    assert_eq!(school.get("/", &secret).await.location, "/password", "a new password comes first");
    let listed = people::listed(&school.desk.replica).unwrap();
    assert_eq!(
        listed,
        serde_json::json!({ "accounts": [{ "login": "li", "name": "李老师", "roles": "class_teacher", "classes": "3.1,3.2", "closed": false }] })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn idling_locks_a_new_password_comes_first_and_a_closed_account_is_out() {
    let school = School::new();
    let (_, session) = school.person("wang", &[Role::Registrar], &[]);
    school.clock.advance_s(IDLE_S);
    assert!(school.get("/children", &session).await.location.starts_with("/lock?next="));
    let answer = school.post("/lock", &session, &format!("password={PASSWORD}&next=/children")).await;
    assert_eq!(answer.location, "/children");
    assert_eq!(school.get("/children", &session).await.status, StatusCode::OK);

    let drawn = school.post("/people", &session, "name=%E6%9D%8E%E8%80%81%E5%B8%88&login=li&role=class_teacher&classes=3.1").await;
    assert_eq!(drawn.status, StatusCode::OK, "{}", drawn.text);
    let secret = drawn.text.split("class=\"secret\">").nth(1).unwrap().split('<').next().unwrap().to_owned();
    let li = school.desk.replica.store().read(|c| huxue_shared::store::accounts::by_login(c, "li")).unwrap().unwrap();
    let fresh = school.desk.sessions.begin(school.desk.clock(), li.id);
    assert_eq!(school.get("/", &fresh).await.location, "/password");
    let answer = school.post("/password", &fresh, &format!("old={secret}&new=shanlidefeng2026&again=shanlidefeng2026")).await;
    assert!(answer.location.starts_with("/?done"), "{} {}", answer.status, answer.text);
    assert_eq!(school.get("/", &fresh).await.status, StatusCode::OK);

    let answer = school.post(&format!("/people/{}", li.id), &session, "name=L&role=principal&disabled=on").await;
    assert_eq!(answer.location, format!("/people?done={}", li.id));
    assert!(school.get("/", &fresh).await.location.starts_with("/login"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_class_teacher_sees_the_own_class_only() {
    let school = School::new();
    let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let (own, other) = (school.child("王小明", "529901201606120012", 3, 1), school.child("赵小红", "529901201603020032", 3, 2));
    assert_eq!(school.get(&format!("/child/{own}"), &teacher).await.status, StatusCode::OK);
    for path in [
        format!("/child/{other}"),
        format!("/record/{other}/edit"),
        format!("/ledger/care_log/new?student={other}"),
        "/roll/3/2".into(),
        "/people".into(),
        "/report/dropout_now".into(),
    ] {
        let answer = school.get(&path, &teacher).await;
        assert!(answer.status == StatusCode::NOT_FOUND || answer.status == StatusCode::FORBIDDEN, "{path}: {}", answer.status);
        assert!(!answer.text.contains("赵小红"), "{path}");
    }
    let answer = school.post("/roll/3/2/row", &teacher, &format!("student={other}&state=absent")).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let answer = school.post("/roll/3/1/row", &teacher, &format!("student={other}&state=absent")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    let answer = school.post("/ledger/care_log/new", &teacher, &format!("_student={other}&kind=visit")).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(school.records("dropout_check").is_empty() && school.records("care_log").is_empty());
    for path in ["/children", "/ledger/enrolment", "/"] {
        let answer = school.get(path, &teacher).await;
        assert!(answer.text.contains("王小明") || path == "/", "{path}");
        assert!(!answer.text.contains("赵小红"), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_days_absent_on_the_roll_open_a_case_and_coming_back_ends_the_run() {
    let school = School::new();
    let (account, mut teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let back = school.child("赵小红", "529901201603020032", 3, 1);
    for day in 1..=3 {
        let answer = school.post("/roll/3/1/row", &teacher, &format!("student={child}&state=absent")).await;
        assert!(answer.text.contains(&format!("缺勤第 {day} 天")), "day {day}: {}", answer.text);
        assert_eq!(answer.text.contains("/record/dropout_case:"), day == 3, "day {day}");
        if day == 3 {
            let case = school.records("dropout_case")[0].id.clone();
            let answer = school.get(&format!("/record/{case}"), &teacher).await;
            assert!(answer.text.contains("系统按规则立案：连续3天无故缺课"), "{}", answer.text);
            assert!(!answer.text.contains("另一台电脑") && !answer.text.contains("00:00") && !answer.text.contains("已过期"), "{}", answer.text);
            assert!(!school.get("/", &teacher).await.text.contains("已过期"), "found on the day it became a case, it is due that day");
        }
        if day == 1 {
            school.post("/roll/3/1/row", &teacher, &format!("student={back}&state=leave")).await;
        }
        let answer = school.post("/roll/3/1/done", &teacher, "").await;
        assert!(answer.location.contains("done=1"), "{} {}", answer.status, answer.text);
        school.clock.advance_s(24 * 3600);
        // A session does not last the night.
        teacher = school.desk.sessions.begin(school.desk.clock(), account.id);
    }
    assert_eq!(school.records("dropout_case").len(), 1);
    let checks = school.records("dropout_check");
    let of = |student: &str| checks.iter().filter(|row| row.student.as_deref() == Some(student)).count();
    assert_eq!((of(&child), of(&back)), (3, 2), "back in school is a record, being there all along is none");
    assert_eq!(school.records("dropout_roll").len(), 3);
    let answer = school.post("/roll/3/1/row?on=2026-03-03", &teacher, &format!("student={child}&state=present")).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(school.records("dropout_check").len(), 5, "a correction is no new record");
    assert!(answer.text.contains("到校 2 人，应到 2 人"), "the roll was handed in: its counts follow its rows: {}", answer.text);
    let head = school.records("dropout_roll").into_iter().find(|row| row.on.as_deref() == Some("2026-03-03")).unwrap();
    assert_eq!(head.fields["absent"], huxue_shared::document::view::Value::Int(0));

    // Two days are no case: the row offers to take it back, and once it is back the roll says no more of it.
    assert!(answer.text.contains("缺勤已改，作废个案"), "{}", answer.text);
    let elsewhere = school.post("/roll/3/1/withdraw", &teacher, "student=00000000000000000000000000000000").await;
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN);
    let answer = school.post("/roll/3/1/withdraw?on=2026-03-03", &teacher, &format!("student={child}")).await;
    assert!(answer.location.contains("withdrawn=1"), "{} {}", answer.status, answer.text);
    assert!(school.records("dropout_case").is_empty(), "void");
    let answer = school.get("/roll/3/1?on=2026-03-03&withdrawn=1", &teacher).await;
    assert!(answer.text.contains("个案已作废") && !answer.text.contains("作废个案<"), "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_notice_holds_public_fields_and_shortened_names_and_only_what_is_on_notice() {
    let school = School::new();
    let (_, officer) = school.person("zhao", &[Role::AidOfficer], &[]);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    let made =
        school.post("/ledger/aid_application/new", &officer, &format!("_student={child}&reason=%E7%A7%81%E4%BA%8B&note=%E7%A7%81%E4%BA%8B")).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.text);
    let listed = school.get("/ledger/aid_application/print", &officer).await;
    assert!(listed.text.contains("王小明"), "the school's own list names the child");
    let notice = school.get("/ledger/aid_application/print?as=notice", &officer).await;
    assert_eq!(notice.status, StatusCode::OK);
    assert!(!notice.text.contains("王*明"), "a draft is not on notice");
    // One that hangs shows how a line looks.
    let record = school.records("aid_application")[0].id.clone();
    school.desk.replica.store().write(move |c| c.execute_batch(&format!("UPDATE record SET state = 'on_notice' WHERE id = '{record}'; UPDATE record_aid_application SET _state = 'on_notice' WHERE _id = '{record}'")).map_err(huxue_shared::store::StoreError::from)).unwrap();
    let hung = school.get("/ledger/aid_application/print?as=notice", &officer).await;
    assert!(hung.text.contains("王*明"), "{}", hung.text);
    for private in ["王小明", "529901201606120012", "G529901201606120012", "2016-06-12", "私事"] {
        assert!(!notice.text.contains(private) && !hung.text.contains(private), "{private}");
    }
    for ledger in ["enrolment", "aid_payment"] {
        let list = school.get(&format!("/ledger/{ledger}/print?as=notice"), &officer).await;
        assert!(list.status == StatusCode::UNPROCESSABLE_ENTITY && !list.text.contains("王*明"), "{ledger}: nothing says when it would come down");
    }
    assert_eq!(school.get("/ledger/care_log/print?as=notice", &officer).await.status, StatusCode::NOT_FOUND, "not the aid officer's");
}

/// What differs from run to run, or with the style sheet, is named instead.
fn steady(school: &School, session: &str, text: &str) -> String {
    stampless(&text.replace(&school.token(session), "TOKEN"))
}

/// Without the stamps of scripts and styles, and without empty lines.
pub(super) fn stampless(text: &str) -> String {
    let parts: Vec<&str> = text.split("/static/").collect();
    let rest = parts.iter().skip(1).map(|part| format!("/static/STAMP{}", part.get(12..).unwrap_or_default()));
    std::iter::once(parts[0].to_owned()).chain(rest).collect::<String>().lines().filter(|line| !line.trim().is_empty()).collect::<Vec<_>>().join("\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_look_as_they_did_in_both_languages() {
    let school = School::new();
    let (account, mut session) = school.person("wang", &[Role::Registrar], &[]);
    school.child("赵小红", "529901201603020032", 3, 1);
    let child = school.child("王小明", "529901201606120012", 3, 1);
    for _ in 0..3 {
        school.post("/roll/3/1/row", &session, &format!("student={child}&state=absent")).await;
        school.post("/roll/3/1/done", &session, "").await;
        school.clock.advance_s(24 * 3600);
        session = school.desk.sessions.begin(school.desk.clock(), account.id);
    }
    let case = school.records("dropout_case")[0].id.clone();
    let form = format!("_student={child}&case={case}&issued_on=2026-03-05&return_by=2026-03-12&issuer=%E5%BC%A0%E6%A0%A1%E9%95%BF&kind=persuade");
    let notice = school.post("/ledger/return_notice/new", &session, &form).await.location;
    let notice = notice.trim_start_matches("/record/").split('?').next().unwrap().to_owned();
    let pages = [
        ("today", "/".to_owned()),
        ("roll", "/roll/3/1".into()),
        ("rolls", "/roll".into()),
        ("children", "/children?q=wxm".into()),
        ("child", format!("/child/{child}")),
        ("list", "/ledger/dropout_check".into()),
        ("form", format!("/ledger/care_log/new?student={child}&kind=visit")),
        ("record", format!("/record/{case}")),
        ("grid", "/ledger/care_log/grid".into()),
        ("grid_class", "/ledger/care_log/grid?add=1&class=3.1".into()),
        ("conflicts", "/conflicts".into()),
        ("people", "/people".into()),
        ("report", "/report/enrolment_headcount".into()),
        ("papers", "/paper".into()),
        ("paper_statement", format!("/paper/child/aid_statement?student={child}")),
        ("paper_blank", format!("/paper/blank?code=care_log&student={child}")),
        ("paper_run", "/paper/ledgers?l.dropout_check=1&l.dropout_case=1".into()),
        ("paper_notice", format!("/record/{notice}/print")),
        ("password", "/password".into()),
        ("machine", "/machine".into()),
        ("nowhere", "/nowhere".into()),
    ];
    for (name, path) in pages {
        let zh = school.get(&path, &session).await;
        let en = school.english(&path, &session).await;
        assert_eq!(zh.status, en.status, "{path}");
        insta::assert_snapshot!(format!("{name}_zh"), steady(&school, &session, &zh.text));
        insta::assert_snapshot!(format!("{name}_en"), steady(&school, &session, &en.text));
    }
}
