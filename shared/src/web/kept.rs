//! What was sent from a page whose session was locked or over: kept until the same person has given the password again, then carried out as if nothing had been in between.
//! With scripts a page asks before it sends; this is for those without.
//!
//! Invariants: only what carries that session's own token and comes from here is kept; only the account it was typed under gets it back; text alone, bounded in size,
//! number and time, in memory, and read at the pace of any body ([`super::arrival`]): the gate hands it over so. It passes the same routes as any form, so who may do what is asked as ever.

use super::{account::Account, desk::Desk, form::pairs, guard::Visitor, page::escape_query};
use crate::clock::Clock;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request},
    http::{Method, header},
    response::Response,
};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tower::ServiceExt as _;

/// Text of one form at most: 256 KiB.
const TEXT_BYTES_MAX: usize = 256 * 1024;
/// Of a form with files so much is read, and the files let go: 64 MiB.
const READ_BYTES_MAX: usize = 64 << 20;
/// Fields of one form at most.
const FIELDS_MAX: usize = 2_000;
/// Forms of one account at most; the oldest goes first.
const OF_ACCOUNT_MAX: usize = 4;
/// Forms in all at most: 4 MiB of text.
const ALL_MAX: usize = 16;
/// Kept so long: half an hour.
const LIFE_S: i64 = 30 * 60;

/// A form that was sent and not taken.
#[derive(Debug)]
struct Post {
    account: i64,
    /// Address without the token.
    address: String,
    pairs: Vec<(String, String)>,
    /// Files that came with it, which are not kept.
    files: usize,
    at_s: i64,
}

/// What a form that waits had of files, which are never kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Files {
    /// None.
    None,
    /// Some, beside text that is kept.
    Some,
    /// The form is for a file and nothing else: nothing of it is left, but the way to its page.
    All,
}

/// Whether a form sent there is for a file and nothing else.
fn is_for_a_file(address: &str) -> bool {
    let path = address.split('?').next().unwrap_or_default();
    path == "/import/preview" || path.starts_with("/record/") && path.ends_with("/file")
}

/// Forms that wait for a password, by a random word.
#[derive(Debug, Default)]
pub struct Kept(Mutex<HashMap<String, Post>>);

/// Laid on the answer of a login or an unlocking: what was kept is carried out now.
#[derive(Clone, Debug)]
pub(super) struct Replay {
    /// The word it was kept under.
    pub(super) word: String,
    /// Secret of the session that is open now.
    pub(super) session: String,
}

impl Kept {
    fn all(&self) -> std::sync::MutexGuard<'_, HashMap<String, Post>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a form; gives its word.
    fn put(&self, clock: &dyn Clock, post: Post) -> String {
        let (word, now) = (super::session::secret(clock), post.at_s);
        let mut all = self.all();
        all.retain(|_, known| (0..LIFE_S).contains(&(now - known.at_s)));
        let oldest = |all: &HashMap<String, Post>, account: Option<i64>| {
            let fits = all.iter().filter(|(_, known)| account.is_none_or(|account| known.account == account));
            fits.min_by_key(|(_, known)| known.at_s).map(|(word, _)| word.clone())
        };
        if all.values().filter(|known| known.account == post.account).count() >= OF_ACCOUNT_MAX
            && let Some(word) = oldest(&all, Some(post.account))
        {
            all.remove(&word);
        }
        if all.len() >= ALL_MAX
            && let Some(word) = oldest(&all, None)
        {
            all.remove(&word);
        }
        all.insert(word.clone(), post);
        word
    }

    /// What became of a form's files; `None` if nothing is kept under this word.
    pub fn files(&self, clock: &dyn Clock, word: &str) -> Option<Files> {
        let now = clock.now().as_second();
        self.all().get(word).filter(|post| (0..LIFE_S).contains(&(now - post.at_s))).map(|post| match post.files {
            _ if is_for_a_file(&post.address) => Files::All,
            0 => Files::None,
            _ => Files::Some,
        })
    }

    /// Takes a form out, for its own account.
    fn take(&self, clock: &dyn Clock, word: &str, account: i64) -> Option<Post> {
        let now = clock.now().as_second();
        let mut all = self.all();
        let fits = all.get(word).is_some_and(|post| post.account == account && (0..LIFE_S).contains(&(now - post.at_s)));
        if fits { all.remove(word) } else { None }
    }
}

/// Whose the form is, if it is one that may be kept: the account of the locked or ended session whose token it carries.
pub(super) fn owner(request: &Request, visitor: &Visitor) -> Option<(i64, String)> {
    let posts = request.method() == Method::POST && !visitor.piece;
    let locked = || visitor.locked.as_ref().map(|account| (account.id, visitor.csrf.clone()));
    posts.then(|| locked().or_else(|| visitor.ended.clone())).flatten()
}

/// Keeps a form of `account`; `None` if it is none, or too much.
pub(super) async fn keep(desk: &Arc<Desk>, account: i64, mut request: Request) -> Option<String> {
    let path = request.uri().path().to_owned();
    let query = request.uri().query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("t="));
    let query = query.collect::<Vec<_>>().join("&");
    let address = if query.is_empty() { path } else { format!("{path}?{query}") };
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let (pairs, files) = if kind.starts_with("multipart/form-data") {
        DefaultBodyLimit::max(READ_BYTES_MAX).apply(&mut request);
        texts(Multipart::from_request(request, &()).await.ok()?).await?
    } else {
        (pairs(&to_bytes(request.into_body(), TEXT_BYTES_MAX).await.ok()?), 0)
    };
    let small = pairs.len() <= FIELDS_MAX && pairs.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>() <= TEXT_BYTES_MAX;
    let post = Post { account, address, pairs, files, at_s: desk.clock().now().as_second() };
    small.then(|| desk.kept.put(desk.clock(), post))
}

/// The text of a form in parts, and how many files came with it.
async fn texts(mut parts: Multipart) -> Option<(Vec<(String, String)>, usize)> {
    let (mut out, mut files, mut left) = (Vec::new(), 0, TEXT_BYTES_MAX);
    while let Some(mut part) = parts.next_field().await.ok()? {
        let (name, file) = (part.name().unwrap_or_default().to_owned(), part.file_name().map(str::to_owned));
        let mut text = Vec::new();
        while let Some(piece) = part.chunk().await.ok()? {
            if file.is_none() {
                left = left.checked_sub(piece.len())?;
                text.extend_from_slice(&piece);
            }
        }
        match file {
            Some(file) => files += usize::from(!file.is_empty()),
            None if out.len() < FIELDS_MAX => out.push((name, String::from_utf8_lossy(&text).into_owned())),
            None => return None,
        }
    }
    Some((out, files))
}

/// Carries out what was kept, once its person is in again: the answer to it stands in place of the answer to the password, with that one's cookies.
pub(super) async fn replay(desk: &Arc<Desk>, visitor: &Visitor, response: Response, pages: Router) -> (Visitor, Response) {
    let found = response.extensions().get::<Replay>().cloned().and_then(|replay| {
        let session = desk.sessions.find(desk.clock(), &replay.session, true).filter(|session| !session.locked)?;
        let account: Arc<Account> = Arc::new(desk.account(session.account).ok()??);
        let post = desk.kept.take(desk.clock(), &replay.word, account.id).filter(|_| !account.must_change)?;
        let visitor = Visitor {
            account: Some(account),
            locked: None,
            ended: None,
            csrf: session.csrf,
            session: replay.session,
            here: post.address.clone(),
            ..visitor.clone()
        };
        Some((visitor, post))
    });
    let Some((visitor, post)) = found else { return (visitor.clone(), response) };
    let body = post.pairs.iter().map(|(key, value)| format!("{}={}", escape_query(key), escape_query(value))).collect::<Vec<_>>().join("&");
    let request = Request::post(&post.address).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let Ok(mut request) = request.body(Body::from(body)) else { return (visitor, response) };
    request.extensions_mut().insert(visitor.clone());
    let Ok(mut done) = pages.oneshot(request).await;
    for cookie in response.headers().get_all(header::SET_COOKIE) {
        done.headers_mut().append(header::SET_COOKIE, cookie.clone());
    }
    (visitor, done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TestClock;

    fn post(clock: &TestClock, account: i64) -> Post {
        Post { account, address: "/x".into(), pairs: Vec::new(), files: 0, at_s: clock.now().as_second() }
    }

    #[test]
    fn what_is_kept_is_its_own_accounts_once_and_for_half_an_hour() {
        let (clock, kept) = (TestClock::new("2026-03-02T00:00:00Z".parse().unwrap(), 3), Kept::default());
        let word = kept.put(&clock, post(&clock, 7));
        assert!(kept.take(&clock, &word, 8).is_none(), "another account's");
        assert!(kept.take(&clock, &word, 7).is_some() && kept.take(&clock, &word, 7).is_none());
        let word = kept.put(&clock, post(&clock, 7));
        clock.advance_s(LIFE_S);
        assert!(kept.files(&clock, &word).is_none() && kept.take(&clock, &word, 7).is_none());
    }

    #[test]
    fn there_are_never_more_than_a_few() {
        let (clock, kept) = (TestClock::new("2026-03-02T00:00:00Z".parse().unwrap(), 3), Kept::default());
        let first = kept.put(&clock, post(&clock, 7));
        for _ in 0..OF_ACCOUNT_MAX {
            clock.advance_s(1);
            kept.put(&clock, post(&clock, 7));
        }
        assert!(kept.files(&clock, &first).is_none(), "the oldest of an account goes first");
        for account in 10..60 {
            kept.put(&clock, post(&clock, account));
        }
        assert_eq!(kept.all().len(), ALL_MAX);
    }
}
