//! The first day: what a school does once, as a short list on the registrar's first page. Each line ticks itself off from what is there, whoever did it and wherever; nobody
//! ticks by hand. Gone when all is done, or when it is put away.

use super::machine::Machine;
use axum::{
    Extension, Router,
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
    routing::post,
};
use huxue_shared::{
    fault::{Exit, Fault},
    replica::{put_setting, setting},
    rim::key::sealed::SealedCopy,
    store::accounts,
    web::{
        Desk,
        account::{Account, Role},
        guard::{Oops, Visitor},
    },
};
use std::sync::Arc;

/// Key of the setting: put away.
const AWAY: &str = "first_day_away";

/// Its route.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new().route("/guide/away", post(away))
}

/// The list as it is shown: once more is done than left, only what is left.
#[must_use]
pub fn shown(steps: Vec<Step>) -> (Vec<Step>, usize) {
    let (all, left) = (steps.len(), steps.iter().filter(|(.., done)| !done).count());
    let short = left * 2 < all;
    (steps.into_iter().filter(|(.., done)| !(short && *done)).collect(), if short { all - left } else { 0 })
}

/// A line: message key, where it is done, whether it is.
pub type Step = (&'static str, &'static str, bool);

/// The lines; none if nothing is left to do, or it was put away, or this is not who does it.
///
/// # Errors
/// The store's.
pub fn steps(desk: &Desk, account: &Account, machine: &Machine) -> Result<Vec<Step>, Fault> {
    if !account.administers() || desk.replica.store().read(|c| setting(c, AWAY)).map_err(Fault::from)?.is_some() {
        return Ok(Vec::new());
    }
    let steps = vec![
        ("desk-guide-enrolled", "/machine", true),
        ("desk-guide-account", "/people", true),
        ("desk-guide-import", "/import?first=1", has_record(desk, "enrolment")?),
        ("desk-guide-people", "/people", has_class_teacher(desk)?),
        ("desk-guide-roll", "/roll", has_record(desk, "dropout_roll")?),
        ("desk-guide-left-behind", "/ledger/care_profile/new", has_record(desk, "care_profile")?),
        ("desk-guide-key", "/machine#doctor", SealedCopy::read(&machine.dir).is_some_and(|copy| copy.received().is_some())),
        ("desk-guide-lan", "/machine#lan", machine.lan.setting()?.on || machine.lan.is_held()),
    ];
    Ok(if steps.iter().all(|(.., done)| *done) { Vec::new() } else { steps })
}

fn has_class_teacher(desk: &Desk) -> Result<bool, Fault> {
    let rows = desk.replica.store().read(accounts::all).map_err(Fault::from)?;
    Ok(rows.iter().map(Account::of).any(|account| !account.disabled && account.is(Role::ClassTeacher) && !account.classes.is_empty()))
}

fn has_record(desk: &Desk, ledger: &str) -> Result<bool, Fault> {
    let definition = desk.replica.definition(ledger).map_err(Fault::from)?;
    desk.replica.has_any(&definition).map_err(Fault::from)
}

async fn away(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>) -> Result<Response, Oops> {
    if !visitor.person()?.administers() {
        return Err(Fault::new("web-not-yours", Exit::NotAllowed).into());
    }
    desk.run(|desk| desk.replica.store().write(|c| put_setting(c, AWAY, b"1")).map_err(Fault::from)).await?;
    Ok(Redirect::to("/").into_response())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{School, class};
    use huxue_shared::web::account::Role;

    /// Texts of the lines that are not done, in their order.
    fn open(page: &str) -> Vec<String> {
        let list = page.split("id=\"guide\"").nth(1).map(|rest| rest.split("</ol>").next().unwrap()).unwrap_or_default();
        list.split("<li><a ").skip(1).map(|rest| rest.split(['"', '#']).nth(1).unwrap().to_owned()).collect()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn the_second_machine_of_a_school_is_told_to_wait_for_the_children_and_that_they_are_here() {
        let school = School::new();
        let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
        let page = school.get("/import?first=1", &registrar).await.text;
        assert!(page.contains("已有另一台电脑在用的，先不要导入") && page.contains("现在导入学生名册"), "{page}");
        school.child("王小明", "529901201606120012", 3, 1);
        let page = school.get("/import?first=1", &registrar).await.text;
        assert!(page.contains("名册不用再导入") && !page.contains("现在导入学生名册"), "{page}");
        assert!(!school.get("/import", &registrar).await.text.contains("名册不用再导入"), "said on the way in only");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_there_ticks_itself_off_and_the_list_can_be_put_away() {
        let school = School::new();
        let (_, registrar) = school.person("wang", &[Role::Registrar], &[]);
        let page = school.get("/", &registrar).await.text;
        assert_eq!(open(&page), ["/import?first=1", "/people", "/roll", "/ledger/care_profile/new", "/machine", "/machine"], "{page}");
        // A child marked left-behind has its profile opened by rule.
        school.child("王小明", "529901201606120012", 3, 1);
        let (_, teacher) = school.person("li", &[Role::ClassTeacher], &[class(3, 1)]);
        school.post("/roll/3/1/done", &teacher, "").await;
        let page = school.get("/", &registrar).await.text;
        assert_eq!(open(&page), ["/machine", "/machine"]);
        assert!(page.contains("已做 6 件，还剩这些") && !page.contains("导入学生名册"), "what is left, and how much is done: {page}");
        assert!(!school.get("/", &teacher).await.text.contains("id=\"guide\""), "the registrar's alone");
        assert_eq!(school.post("/guide/away", &teacher, "").await.status, 403);
        assert_eq!(school.post("/guide/away", &registrar, "").await.location, "/");
        assert!(!school.get("/", &registrar).await.text.contains("id=\"guide\""));
    }
}
