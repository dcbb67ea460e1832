//! Accounts: the registrar makes them, sets roles and classes, resets passwords, closes them. Nobody is deleted: the name stands in records.

use super::{
    account::{Account, Class, Role, classes, classes_text, roles_text},
    desk::Desk,
    guard::{Oops, Visitor},
    login::new_account,
    page::{Page, Said, draw, draw_as},
    password, reach, shown,
};
use crate::{
    fault::{Exit, Fault},
    locale::{self, Lang},
    model::text::hidden,
    replica::Replica,
    store::accounts::{self, AccountRow},
};
use askama::Template;
use axum::{
    Extension, Router,
    extract::{Path, Query, RawForm, State},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use serde_json::{Value as Json, json};
use std::{collections::BTreeSet, sync::Arc};

/// Its routes.
pub fn routes() -> Router<Arc<Desk>> {
    Router::new()
        .route("/people", get(list).post(add))
        .route("/people/{id}", get(one).post(change))
        .route("/people/{id}/reset", post(reset))
        .route("/me", get(me))
}

/// A person in the list or the form.
#[derive(Clone, Debug, Default)]
struct Person {
    id: i64,
    login: String,
    name: String,
    roles: Vec<(&'static str, String, bool)>,
    role_names: String,
    /// The own classes as people write them.
    class_names: String,
    /// Classes to tick: `3.2`, in words, ticked, whether a child of this year is in it.
    ticks: Vec<(String, String, bool, bool)>,
    /// Classes typed beside them.
    classes: String,
    disabled: bool,
    /// The password there was when the page was drawn, to tell a page sent twice; nothing can be made of it.
    mark: String,
}

#[derive(Template)]
#[template(path = "people.html")]
struct PeoplePage {
    page: Page,
    people: Vec<Person>,
    fresh: Person,
    said: Option<Said>,
    /// Login and password just drawn, shown once.
    drawn: Option<(String, String)>,
}

#[derive(Template)]
#[template(path = "person.html")]
struct PersonPage {
    page: Page,
    person: Person,
    own: bool,
    said: Option<Said>,
}

#[derive(Template)]
#[template(path = "me.html")]
struct MePage {
    page: Page,
    who: Person,
    administers: bool,
}

async fn me(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>) -> Result<Response, Oops> {
    let account = visitor.person()?;
    let page = Page::of(&desk, &visitor, "web-me").titled(account.name.clone());
    let who = person(&page, account, &[]);
    draw(&MePage { page, who, administers: account.administers() })
}

/// The classes in which a child of this year is, in their order.
fn school_classes(desk: &Desk) -> Result<Vec<Class>, Fault> {
    let pupils = desk.replica.pupils(desk.replica.this_year().map_err(Fault::from)?).map_err(Fault::from)?;
    let there = pupils.iter().filter(|pupil| pupil.status.as_deref() == Some("present")).filter_map(reach::class_of);
    Ok(there.collect::<BTreeSet<_>>().into_iter().collect())
}

/// `三年级1班、三年级2班`.
fn class_names(classes: &[Class], lang: Lang) -> String {
    let names: Vec<String> = classes.iter().map(|class| shown::class(Some(class.grade), Some(class.class), lang)).collect();
    names.join(if lang == Lang::Zh { "、" } else { ", " })
}

/// A person, with the classes `there` to tick, and own ones that are not among them.
fn person(page: &Page, account: &Account, there: &[Class]) -> Person {
    let title = |role: &Role| page.t(&format!("web-role-{}", role.code().replace('_', "-")));
    let all: BTreeSet<Class> = there.iter().chain(&account.classes).copied().collect();
    let tick = |class: &Class| {
        (class.to_string(), shown::class(Some(class.grade), Some(class.class), page.lang), account.classes.contains(class), there.contains(class))
    };
    Person {
        id: account.id,
        login: account.login.clone(),
        name: account.name.clone(),
        roles: Role::ALL.iter().map(|role| (role.code(), title(role), account.is(*role))).collect(),
        role_names: account.roles.iter().map(title).collect::<Vec<_>>().join(page.t("web-and").as_str()),
        class_names: class_names(&account.classes, page.lang),
        ticks: all.iter().map(tick).collect(),
        classes: String::new(),
        disabled: account.disabled,
        mark: String::new(),
    }
}

fn mark(row: &AccountRow) -> String {
    blake3::hash(row.password.as_bytes()).to_hex().chars().take(16).collect()
}

fn registrar(visitor: &Visitor) -> Result<&Account, Fault> {
    let account = visitor.person()?;
    if account.administers() { Ok(account) } else { Err(Fault::new("web-not-yours", Exit::NotAllowed)) }
}

fn people(desk: &Desk, page: &Page) -> Result<Vec<Person>, Fault> {
    let rows = desk.replica.store().read(accounts::all).map_err(Fault::from)?;
    Ok(rows.iter().map(|row| Person { mark: mark(row), ..person(page, &Account::of(row), &[]) }).collect())
}

fn nobody(page: &Page, there: &[Class]) -> Person {
    let account = Account {
        id: 0,
        login: String::new(),
        name: String::new(),
        roles: BTreeSet::new(),
        classes: Vec::new(),
        must_change: false,
        disabled: false,
    };
    person(page, &account, there)
}

#[derive(Debug, Default, serde::Deserialize)]
struct Changed {
    /// An account that was just changed.
    done: Option<i64>,
}

async fn list(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Query(changed): Query<Changed>) -> Result<Response, Oops> {
    registrar(&visitor)?;
    let mut page = Page::of(&desk, &visitor, "web-people");
    let (people, there) = (people(&desk, &page)?, school_classes(&desk)?);
    if let Some(person) = changed.done.and_then(|id| people.iter().find(|person| person.id == id)) {
        page.done = page.t1("web-person-saved", &person.name);
    }
    let fresh = nobody(&page, &there);
    draw(&PeoplePage { page, people, fresh, said: None, drawn: None })
}

/// What a form about a person says.
#[derive(Clone, Debug, Default)]
struct Filled {
    login: String,
    name: String,
    roles: BTreeSet<Role>,
    /// Ticked, `3.2`.
    ticked: Vec<String>,
    /// Typed.
    classes: String,
    disabled: bool,
}

fn filled(body: &[u8]) -> Filled {
    let mut out = Filled::default();
    for (key, value) in super::form::pairs(body) {
        match key.as_str() {
            "login" => out.login = value,
            "name" => out.name = value,
            "class" => out.ticked.push(value),
            "classes" => out.classes = value,
            "disabled" => out.disabled = true,
            "role" => out.roles.extend(Role::from_code(&value)),
            _ => {}
        }
    }
    out
}

impl Filled {
    /// Classes ticked and typed. A typed one that no child is in is asked about: it comes back ticked, and is taken when it is left so. Before there is a
    /// roster, nobody can tell.
    fn asked_classes(&self, there: &[Class], lang: Lang) -> Result<Vec<Class>, Fault> {
        let typed = classes(&self.classes)?;
        let all = classes(&format!("{} {}", self.ticked.join(" "), self.classes))?;
        let strange: Vec<Class> = typed.into_iter().filter(|class| !there.contains(class) && !self.ticked.contains(&class.to_string())).collect();
        if strange.is_empty() || there.is_empty() {
            return Ok(all);
        }
        Err(Fault::new("account-class-empty", Exit::Input).with("value", class_names(&strange, lang)))
    }

    /// The form again as it was filled; typed classes that can be read stand ticked.
    fn again(&self, page: &Page, id: i64, there: &[Class]) -> Person {
        let ticked = classes(&self.ticked.join(" ")).unwrap_or_default();
        let (typed, left) = classes(&self.classes).map_or_else(|_| (Vec::new(), self.classes.clone()), |typed| (typed, String::new()));
        let account = Account {
            id,
            login: self.login.trim().to_owned(),
            name: self.name.clone(),
            roles: self.roles.clone(),
            classes: ticked.into_iter().chain(typed).collect(),
            must_change: false,
            disabled: self.disabled,
        };
        Person { classes: left, ..person(page, &account, there) }
    }
}

async fn add(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, RawForm(body): RawForm) -> Result<Response, Oops> {
    registrar(&visitor)?;
    let (filled, lang) = (filled(&body), visitor.lang);
    let asked = filled.clone();
    let made = desk
        .run(move |desk| {
            let drawn = password::draw(desk.clock());
            let classes = asked.asked_classes(&school_classes(desk)?, lang)?;
            check(&asked.roles, &classes)?;
            new_account(&desk.replica, &asked.login, &asked.name, &asked.roles, &classes, &drawn, true)?;
            Ok(drawn)
        })
        .await;
    let page = Page::of(&desk, &visitor, "web-people");
    let (people, there) = (people(&desk, &page)?, school_classes(&desk)?);
    match made {
        Ok(drawn) => {
            let fresh = nobody(&page, &there);
            draw(&PeoplePage { page, people, fresh, said: None, drawn: Some((filled.login.trim().to_owned(), drawn)) })
        }
        Err(fault) if matches!(fault.exit, Exit::Input | Exit::Storage) => {
            let said = Some(Said::of(&fault, visitor.lang));
            let fresh = filled.again(&page, 0, &there);
            draw_as(&PeoplePage { page, people, fresh, said, drawn: None }, super::guard::status(&fault))
        }
        Err(fault) => Err(fault.into()),
    }
}

/// A person without a role can do nothing; a class teacher has a class.
fn check(roles: &BTreeSet<Role>, classes: &[Class]) -> Result<(), Fault> {
    if roles.is_empty() {
        return Err(Fault::new("account-roles", Exit::Input));
    }
    if roles.contains(&Role::ClassTeacher) && classes.is_empty() {
        return Err(Fault::new("account-classes", Exit::Input));
    }
    Ok(())
}

fn row(desk: &Desk, id: i64) -> Result<AccountRow, Fault> {
    let found = desk.replica.store().read(|c| accounts::by_id(c, id)).map_err(Fault::from)?;
    found.ok_or_else(|| Fault::new("account-none", Exit::NoMatch))
}

async fn one(State(desk): State<Arc<Desk>>, Extension(visitor): Extension<Visitor>, Path(id): Path<i64>) -> Result<Response, Oops> {
    let own = registrar(&visitor)?.id == id;
    let account = Account::of(&row(&desk, id)?);
    let page = Page::of(&desk, &visitor, "web-people").titled(account.name.clone());
    let person = person(&page, &account, &school_classes(&desk)?);
    draw(&PersonPage { page, person, own, said: None })
}

async fn change(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<i64>,
    RawForm(body): RawForm,
) -> Result<Response, Oops> {
    let own = registrar(&visitor)?.id == id;
    let (typed, lang) = (filled(&body), visitor.lang);
    let filled = typed.clone();
    let done = desk
        .run(move |desk| {
            let before = row(desk, id)?;
            let classes = filled.asked_classes(&school_classes(desk)?, lang)?;
            check(&filled.roles, &classes)?;
            if filled.name.trim().is_empty() || filled.name.chars().count() > 60 || filled.name.trim().chars().any(hidden) {
                return Err(Fault::new("account-name", Exit::Input));
            }
            // Whoever closes the own account, or gives up being registrar, might leave nobody who can let people in.
            if own && (filled.disabled || !filled.roles.contains(&Role::Registrar)) {
                return Err(Fault::new("account-own", Exit::Input));
            }
            let now = desk.clock().now().to_string();
            let disabled = filled.disabled.then(|| before.disabled.clone().unwrap_or_else(|| now.clone()));
            let closes = disabled.is_some();
            let row = AccountRow {
                name: filled.name.trim().to_owned(),
                roles: roles_text(&filled.roles),
                classes: classes_text(&classes),
                disabled,
                ..before
            };
            desk.replica.store().write(move |c| accounts::update(c, &row, &now)).map_err(Fault::from)?;
            if closes {
                desk.sessions.end_of(id, None);
            }
            Ok(())
        })
        .await;
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/people?done={id}")).into_response()),
        Err(fault) if matches!(fault.exit, Exit::Input | Exit::Storage) => {
            let page = Page::of(&desk, &visitor, "web-people").titled(row(&desk, id)?.name);
            let person = typed.again(&page, id, &school_classes(&desk)?);
            draw_as(&PersonPage { page, person, own, said: Some(Said::of(&fault, visitor.lang)) }, super::guard::status(&fault))
        }
        Err(fault) => Err(fault.into()),
    }
}

/// A one-time password instead of the old one, drawn here.
fn reset_password(replica: &Replica, account: &AccountRow) -> Result<String, Fault> {
    let (id, drawn) = (account.id, password::draw(replica.clock()));
    let (hash, now) = (password::hash(replica.clock(), &drawn, &account.login)?, replica.clock().now().to_string());
    replica.store().write(move |c| accounts::set_password(c, id, &hash, true, &now)).map_err(Fault::from)?;
    Ok(drawn)
}

/// As the registrar's page, for whoever has the machine: a school whose only registrar forgot the password is not shut out. Gives the one-time password.
///
/// # Errors
/// `account-none`; the store's.
pub fn reset_by_login(replica: &Replica, login: &str) -> Result<String, Fault> {
    let found = replica.store().read(|c| accounts::by_login(c, login.trim())).map_err(Fault::from)?;
    let account = found.ok_or_else(|| Fault::new("account-none", Exit::NoMatch))?;
    let drawn = reset_password(replica, &account)?;
    tracing::warn!(account = account.id, "a password was reset from the command line");
    Ok(drawn)
}

/// Makes an account as the registrar's page does, for scripts that set up many machines. Gives the one-time password.
///
/// # Errors
/// Those of the page: `account-role` for a word that is no role, `account-roles`, `account-classes`, `account-login`, `account-name`, `account-taken`.
pub fn add_by_login(replica: &Replica, login: &str, name: &str, roles: &[String], typed_classes: &[String]) -> Result<String, Fault> {
    let read = |code: &String| Role::from_code(code).ok_or_else(|| Fault::new("account-role", Exit::Input).with("value", code));
    let roles = roles.iter().map(read).collect::<Result<BTreeSet<_>, _>>()?;
    let classes = classes(&typed_classes.join(" "))?;
    check(&roles, &classes)?;
    let drawn = password::draw(replica.clock());
    new_account(replica, login, name, &roles, &classes, &drawn, true)?;
    Ok(drawn)
}

/// Who may log in: login, name, roles, classes, closed. For the command line; no password, not even its hash.
///
/// # Errors
/// The store's.
pub fn listed(replica: &Replica) -> Result<Json, Fault> {
    let rows = replica.store().read(accounts::all).map_err(Fault::from)?;
    let list: Vec<Json> = rows
        .iter()
        .map(|row| json!({ "login": row.login, "name": row.name, "roles": row.roles, "classes": row.classes, "closed": row.disabled.is_some() }))
        .collect();
    Ok(json!({ "accounts": list }))
}

/// The same list as people read it: roles by their titles. For scripts the codes stand.
#[must_use]
pub fn in_words(accounts: &Json, lang: Lang) -> Json {
    let title = |code: &str| locale::text(lang, &format!("web-role-{}", code.replace('_', "-")), &[]);
    let words = |account: &Json| {
        let codes = account["roles"].as_str().unwrap_or_default();
        let titles: Vec<String> = codes.split([',', ' ']).filter(|code| !code.is_empty()).map(title).collect();
        let mut account = account.clone();
        account["roles"] = json!(titles.join(lang.comma()));
        account
    };
    accounts.as_array().into_iter().flatten().map(words).collect()
}

async fn reset(
    State(desk): State<Arc<Desk>>,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<i64>,
    RawForm(body): RawForm,
) -> Result<Response, Oops> {
    registrar(&visitor)?;
    let outcome = desk
        .run(move |desk| {
            let account = row(desk, id)?;
            // The page loaded again sends it again: the password that somebody has copied by now would be another one.
            if super::form::pairs(&body).iter().any(|(key, value)| key == "was" && *value != mark(&account)) {
                return Err(Fault::new("web-reset-already", Exit::Found).with("value", account.name));
            }
            let drawn = reset_password(&desk.replica, &account)?;
            desk.sessions.end_of(id, None);
            desk.throttle.passed(&account.login.to_lowercase());
            Ok((account.login, drawn))
        })
        .await;
    let page = Page::of(&desk, &visitor, "web-people");
    let (people, fresh) = (people(&desk, &page)?, nobody(&page, &school_classes(&desk)?));
    match outcome {
        Ok(drawn) => draw(&PeoplePage { page, people, fresh, said: None, drawn: Some(drawn) }),
        Err(fault) if fault.exit == Exit::Found => {
            let said = Some(Said::of(&fault, visitor.lang));
            draw_as(&PeoplePage { page, people, fresh, said, drawn: None }, super::guard::status(&fault))
        }
        Err(fault) => Err(fault.into()),
    }
}
