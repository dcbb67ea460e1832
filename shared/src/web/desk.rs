//! A desk that is running: what its pages work on.

use super::{
    account::Account,
    files::held::Held,
    import::Uploads,
    kept::Kept,
    noted::Noted,
    pulse::{Pulse, Pulses},
    session::Sessions,
    throttle::Throttle,
    workers::Workers,
};
use crate::{
    clock::Clock,
    command::{Request, audit, execute, reporting},
    fault::Fault,
    locale::Lang,
    replica::Replica,
    report::definition::Report,
    store::accounts,
};
use serde_json::Value as Json;
use std::{collections::BTreeMap, sync::Arc};

/// What differs from desk to desk.
#[derive(Clone)]
pub struct DeskConfig {
    /// Name on top of each page: the school's, the county's.
    pub place: String,
    /// Host names it answers to besides addresses of this machine and `localhost`.
    pub hosts: Vec<String>,
    /// State of the link in facts; what `status` answers.
    pub status: Arc<dyn Fn(Lang) -> Result<Json, Fault> + Send + Sync>,
}

impl std::fmt::Debug for DeskConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DeskConfig").field("place", &self.place).field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

/// A running desk.
#[derive(Debug)]
pub struct Desk {
    /// The engine.
    pub replica: Arc<Replica>,
    /// What differs.
    pub config: DeskConfig,
    /// Who is logged in.
    pub sessions: Sessions,
    /// Who guesses passwords.
    pub throttle: Throttle,
    /// What the head of each page says, and when it changes.
    pub pulses: Pulses,
    /// Files between preview and writing.
    pub uploads: Uploads,
    /// Photos and scans between two pages.
    pub files: Held,
    /// Forms that wait for a password.
    pub kept: Kept,
    noted: Noted,
    workers: Workers,
    adding: std::sync::Mutex<()>,
}

impl Desk {
    /// A desk over `replica`.
    pub fn new(replica: Arc<Replica>, config: DeskConfig) -> Arc<Self> {
        let pulses = Pulses::default();
        let told = pulses.clone();
        replica.on_change(move |_, _| told.bump());
        let told = pulses.clone();
        replica.on_blob_moves(move || told.bump());
        Arc::new(Self {
            replica,
            config,
            sessions: Sessions::default(),
            throttle: Throttle::default(),
            pulses,
            uploads: Uploads::default(),
            files: Held::default(),
            kept: Kept::default(),
            noted: Noted::default(),
            workers: Workers::start(),
            adding: std::sync::Mutex::default(),
        })
    }

    /// One at a time adds records: whether there is one like it already is asked and written with nobody in between, so that the same thing sent twice at once is asked about
    /// the second time.
    pub fn alone(&self) -> std::sync::MutexGuard<'_, ()> {
        self.adding.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        self.replica.clock()
    }

    /// Carries out a person's request as the command line would, with the same note in the audit chain.
    ///
    /// # Errors
    /// The engine's.
    pub fn ask(&self, account: &Account, request: Request, lang: Lang) -> Result<Json, Fault> {
        execute::execute(&self.replica, request, &who(account), lang, &mut |_| {})
    }

    /// Reports as rows alone, for a page of several ([`reporting::rows`]).
    ///
    /// # Errors
    /// The store's; each report's own stands in its place.
    pub fn rows_of(&self, account: &Account, asked: &[(&Report, &BTreeMap<String, String>)], lang: Lang) -> Result<Vec<Result<Json, Fault>>, Fault> {
        reporting::rows(&self.replica, &who(account), asked, lang).map_err(Fault::from)
    }

    /// Notes that a page showed named records (DOMAIN §7). `subject`: ledger, record, report, never a name.
    pub fn noted(&self, account: &Account, action: &str, subject: impl Into<String>, rows: usize) {
        let subject = subject.into();
        self.noted.mark(account.id, &subject, self.clock().now().as_second());
        audit::note(&self.replica, &who(account), action, subject, rows as u64);
    }

    /// The same for a piece of a page, which is asked for again and again: nothing more where a row of a little while ago covers it ([`super::noted`]).
    pub fn noted_once(&self, account: &Account, action: &str, subject: impl Into<String>, rows: usize) {
        let subject = subject.into();
        if !self.noted.covered(account.id, &subject, self.clock().now().as_second()) {
            self.noted(account, action, subject, rows);
        }
    }

    /// An account by number, if it may still log in.
    ///
    /// # Errors
    /// The store's.
    pub fn account(&self, id: i64) -> Result<Option<Account>, Fault> {
        let row = self.replica.store().read(|c| accounts::by_id(c, id)).map_err(Fault::from)?;
        Ok(row.map(|row| Account::of(&row)).filter(|account| !account.disabled))
    }

    /// Whether anybody has an account yet.
    ///
    /// # Errors
    /// The store's.
    pub fn has_accounts(&self) -> Result<bool, Fault> {
        self.replica.store().read(accounts::any).map_err(Fault::from)
    }

    /// What the head of a page says; at most a moment old.
    pub fn pulse(&self) -> Pulse {
        self.pulses.now(self.clock(), || (self.config.status)(Lang::Zh))
    }

    /// Runs what touches the disk off the threads that serve connections.
    ///
    /// # Errors
    /// The work's own; `internal` if it broke off.
    pub async fn run<T, F>(self: &Arc<Self>, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce(&Self) -> Result<T, Fault> + Send + 'static,
    {
        let desk = Arc::clone(self);
        self.workers.run(move || work(&desk)).await
    }
}

/// A person in the audit chain.
fn who(account: &Account) -> String {
    format!("{} (desk/{})", account.name, account.login)
}
