//! The county's sealed copy of this node's database key: made at enrolment, whenever the recovery key or the database key is another, and for a node enrolled
//! before the county had a recovery key at its next contact. Handed over on a connection of its own, beside the sync session, until the county has kept it.
//!
//! Nothing here may fail an enrolment or a link: what does not succeed is logged and tried again at the next contact.

use crate::{
    enrolled::{NodeFile, keypair},
    serve,
};
use huxue_shared::{
    clock::SystemClock,
    fault::Fault,
    rim::key::sealed::{self, SealedCopy},
    store::open::Key,
    transport::{
        Tuning,
        enrol::{self, EnrolError, EnrolRefusal, Enrolment},
    },
};
use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};
use tokio::sync::Mutex;

/// Most talks in one delivery: hear the recovery key, hand over, and once more if it changed in between.
const TALKS_MAX: usize = 3;

/// Seals and delivers.
#[derive(Debug)]
pub struct Sealer {
    dir: PathBuf,
    key: Key,
    /// One delivery at a time.
    busy: Mutex<()>,
    /// The hub knows no deposits, or has no recovery key: not asked again by this process.
    idle: AtomicBool,
}

impl Sealer {
    /// For the node in `dir`, whose database has `key`.
    #[must_use]
    pub fn new(dir: &Path, key: Key) -> Self {
        Self { dir: dir.to_owned(), key, busy: Mutex::new(()), idle: AtomicBool::new(false) }
    }

    /// Makes the copy beside the database fit the recovery key granted, if there is one.
    pub fn refresh(&self, enrolment: &Enrolment) {
        let Some(recovery) = enrolment.grant.recovery else { return };
        let sealed = keypair(&self.dir, &SystemClock).and_then(|me| sealed::refresh(&self.dir, &self.key, &recovery, me.origin(), &SystemClock));
        match sealed {
            Ok(_) => self.idle.store(false, Ordering::Relaxed),
            Err(fault) => tracing::warn!(%fault, "the database key could not be sealed for recovery"),
        }
    }

    /// Hands the copy to the county unless it has it already.
    pub async fn deliver(&self) {
        let _alone = self.busy.lock().await;
        if self.idle.load(Ordering::Relaxed) {
            return;
        }
        for _ in 0..TALKS_MAX {
            match self.talk().await {
                Ok(true) => return,
                Ok(false) => {}
                Err(fault) => {
                    tracing::warn!(%fault, "the sealed database key did not reach the county; it is tried again at the next contact");
                    return;
                }
            }
        }
    }

    /// One talk with the hub. True: nothing more is to be done.
    async fn talk(&self) -> Result<bool, Fault> {
        let file = NodeFile::read(&self.dir)?;
        let own = file.enrolment(&self.dir)?;
        self.refresh(&own);
        // A copy counts only with a recovery key to judge it by.
        let copy = own.grant.recovery.and_then(|_| SealedCopy::read(&self.dir));
        if copy.as_ref().is_some_and(|copy| copy.received().is_some()) {
            return Ok(true);
        }
        let (hub, me) = (file.address()?, keypair(&self.dir, &SystemClock)?);
        let sealed = copy.as_ref().and_then(SealedCopy::bytes);
        let answer = enrol::deposit(&hub, &own, &me, sealed.clone(), &serve::software(), &Tuning::default()).await;
        let in_force = match answer {
            Ok(Some(recovery)) => recovery,
            // A county without a recovery key, or a hub of before there were any.
            Ok(None) | Err(EnrolError::Refused { refusal: EnrolRefusal::Malformed, .. }) => {
                self.idle.store(true, Ordering::Relaxed);
                return Ok(true);
            }
            Err(error) => return Err(error.fault(&hub)),
        };
        if own.grant.recovery.is_some_and(|known| known.id() == in_force.id())
            && let Some(sealed) = sealed
        {
            sealed::mark_received(&self.dir, &sealed, &SystemClock)?;
            return Ok(true);
        }
        // Read again: certificates may have been renewed meanwhile.
        let mut renewed = NodeFile::read(&self.dir)?.enrolment(&self.dir)?;
        renewed.grant.recovery = Some(in_force);
        NodeFile::write(&self.dir, &file.hub, &renewed)?;
        Ok(false)
    }
}
