//! Two threads that do what touches the disk for all pages: a desk of a few teachers needs no more, and each further thread costs a small machine its own heap, page
//! cache and statements.

use crate::fault::Fault;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError, mpsc},
};
use tokio::sync::oneshot;

/// Threads.
const THREADS: usize = 2;

type Job = Box<dyn FnOnce() + Send>;

/// The threads, by the end of the queue they take from. They end with the desk.
#[derive(Debug)]
pub struct Workers(mpsc::Sender<Job>);

impl Workers {
    /// Starts them.
    #[must_use]
    pub fn start() -> Self {
        let (give, take) = mpsc::channel::<Job>();
        let take = Arc::new(Mutex::new(take));
        for _ in 0..THREADS {
            let take = Arc::clone(&take);
            let started = std::thread::Builder::new().name("desk".into()).spawn(move || {
                loop {
                    let job = take.lock().unwrap_or_else(PoisonError::into_inner).recv();
                    let Ok(job) = job else { return };
                    // A page that panics is one failed page.
                    if catch_unwind(AssertUnwindSafe(job)).is_err() {
                        tracing::error!("a page broke off");
                    }
                }
            });
            if let Err(error) = started {
                tracing::error!(%error, "a thread for pages could not be started");
            }
        }
        Self(give)
    }

    /// Does `work` on one of them.
    ///
    /// # Errors
    /// The work's own; `internal` if it broke off.
    pub async fn run<T, F>(&self, work: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, Fault> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        // Whoever went away does not hear the answer.
        let job = Box::new(move || drop(tell.send(work())));
        self.0.send(job).map_err(|_| Fault::internal("no thread for pages"))?;
        told.await.map_err(Fault::internal)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_page_that_panics_is_one_failed_page() {
        let workers = Workers::start();
        for _ in 0..2 * THREADS {
            let failed: Result<(), Fault> = workers.run(|| panic!("on purpose")).await;
            assert_eq!(failed.unwrap_err().code, "internal");
        }
        assert_eq!(workers.run(|| Ok(7)).await.unwrap(), 7);
    }
}
