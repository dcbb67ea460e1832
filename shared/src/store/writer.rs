//! The single writer. Jobs that wait together are committed together: one fsync for all of them.
//!
//! Each job runs in a savepoint of its own, so one that fails takes nothing of the others with it. A job that panics is rolled back and
//! reported as an error; the thread goes on.

use super::StoreError;
use rusqlite::Connection;
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread::JoinHandle,
};

/// Most jobs in one commit: bounds how long the first of them waits.
const JOBS_PER_COMMIT_MAX: usize = 64;

/// What a job leaves for after the commit: told whether the commit succeeded.
type Finish = Box<dyn FnOnce(Result<(), StoreError>) + Send>;
/// A job: runs in a savepoint, or is told why there is none; the bool says whether to keep what it wrote.
type Job = Box<dyn FnOnce(Result<&Connection, StoreError>) -> (bool, Finish) + Send>;

/// Handle of the writer thread; dropping it lets the thread finish what is queued and end.
#[derive(Debug)]
pub struct Writer {
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread on `connection`.
    ///
    /// # Errors
    /// If no thread can be started.
    pub fn start(connection: Connection) -> Result<Self, StoreError> {
        let (jobs, queue) = channel();
        let thread = std::thread::Builder::new()
            .name("huxue-writer".into())
            .spawn(move || work(&connection, &queue))
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Queues `job` and waits for the commit it went into.
    ///
    /// # Errors
    /// The job's, or the commit's.
    pub fn run<T, E, F>(&self, job: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        self.queue(job)?.wait()
    }

    /// Queues `job` and returns at once: what is not needed for the answer can be done meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Closed`]; the job's own come from [`Pending::wait`].
    pub fn queue<T, E, F>(&self, job: F) -> Result<Pending<T, E>, StoreError>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    {
        let (answer, wait): (SyncSender<Result<T, E>>, _) = sync_channel(1);
        let boxed: Job = Box::new(move |connection| match connection.map_err(E::from).and_then(job) {
            Ok(value) => (
                true,
                Box::new(move |commit: Result<(), StoreError>| {
                    let _ = answer.send(commit.map(|()| value).map_err(E::from));
                }) as Finish,
            ),
            Err(error) => (
                false,
                Box::new(move |_| {
                    let _ = answer.send(Err(error));
                }) as Finish,
            ),
        });
        self.jobs.as_ref().ok_or(StoreError::Closed)?.send(boxed).map_err(|_| StoreError::Closed)?;
        Ok(Pending(wait))
    }
}

/// A job that is queued. Dropping it does not take the job back.
#[derive(Debug)]
#[must_use = "nothing is known to be saved before `wait` has answered"]
pub struct Pending<T, E>(Receiver<Result<T, E>>);

impl<T, E: From<StoreError>> Pending<T, E> {
    /// Waits for the commit the job went into.
    ///
    /// # Errors
    /// The job's, or the commit's.
    pub fn wait(self) -> Result<T, E> {
        self.0.recv().unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // The thread never drops a Writer, so it never joins itself; a panic there has been caught per job.
            if thread.thread().id() != std::thread::current().id() {
                let _ = thread.join();
            }
        }
    }
}

fn work(connection: &Connection, queue: &Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let mut jobs = vec![first];
        while jobs.len() < JOBS_PER_COMMIT_MAX {
            match queue.try_recv() {
                Ok(job) => jobs.push(job),
                Err(_) => break,
            }
        }
        commit_together(connection, jobs);
    }
    // Leaves a small WAL behind; failure costs nothing but space.
    let _ = connection.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)");
}

fn commit_together(connection: &Connection, jobs: Vec<Job>) {
    if let Err(error) = connection.execute_batch("BEGIN IMMEDIATE") {
        // Nothing was tried: another program holds the file, or it cannot be written.
        let failure = StoreError::from(error);
        for job in jobs {
            refuse(job, again(&failure));
        }
        return;
    }
    let mut finishes = Vec::with_capacity(jobs.len());
    for job in jobs {
        if let Some(finish) = run_one(connection, job) {
            finishes.push(finish);
        }
    }
    let outcome = connection.execute_batch("COMMIT");
    if outcome.is_err() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    let failure = outcome.err().map(StoreError::from);
    for finish in finishes {
        finish(failure.as_ref().map_or(Ok(()), |failure| Err(again(failure))));
    }
}

/// Tells a job why it was not tried.
fn refuse(job: Job, failure: StoreError) {
    let (_, finish) = job(Err(failure));
    finish(Ok(()));
}

/// The same failure, for each job that it met: what a person is told to do hangs on its kind.
fn again(error: &StoreError) -> StoreError {
    match error {
        StoreError::Key => StoreError::Key,
        StoreError::Full => StoreError::Full,
        StoreError::Write => StoreError::Write,
        StoreError::ReadOnly => StoreError::ReadOnly,
        StoreError::Busy => StoreError::Busy,
        StoreError::Newer => StoreError::Newer,
        StoreError::Closed => StoreError::Closed,
        StoreError::Corrupt(text) => StoreError::Corrupt(text.clone()),
        StoreError::Gap { space, lsn } => StoreError::Gap { space: *space, lsn: *lsn },
        StoreError::Sqlite(error) => match error.sqlite_error() {
            Some(code) => StoreError::Sqlite(rusqlite::Error::SqliteFailure(*code, Some(error.to_string()))),
            None => StoreError::Closed,
        },
    }
}

fn run_one(connection: &Connection, job: Job) -> Option<Finish> {
    if let Err(error) = connection.execute_batch("SAVEPOINT job") {
        refuse(job, error.into());
        return None;
    }
    let result = catch_unwind(AssertUnwindSafe(|| job(Ok(connection))));
    match result {
        Ok((true, finish)) => {
            let _ = connection.execute_batch("RELEASE job");
            Some(finish)
        }
        Ok((false, finish)) => {
            let _ = connection.execute_batch("ROLLBACK TO job; RELEASE job");
            finish(Ok(()));
            None
        }
        Err(_) => {
            tracing::error!("a write job panicked and was rolled back");
            let _ = connection.execute_batch("ROLLBACK TO job; RELEASE job");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn writer() -> Writer {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t(x INTEGER)").unwrap();
        Writer::start(connection).unwrap()
    }

    fn count(writer: &Writer) -> i64 {
        writer.run(|c| -> Result<i64, StoreError> { Ok(c.query_row("SELECT count(*) FROM t", [], |r| r.get(0))?) }).unwrap()
    }

    #[test]
    fn a_failed_job_leaves_nothing_and_harms_no_other() {
        let writer = writer();
        let bad: Result<(), StoreError> = writer.run(|c| {
            c.execute("INSERT INTO t VALUES(1)", [])?;
            Err(StoreError::Closed)
        });
        assert!(bad.is_err());
        writer.run(|c| -> Result<(), StoreError> { c.execute("INSERT INTO t VALUES(2)", []).map(|_| ()).map_err(Into::into) }).unwrap();
        assert_eq!(count(&writer), 1);
    }

    #[test]
    fn a_job_that_panics_is_an_error_and_the_writer_goes_on() {
        let writer = writer();
        let bad: Result<(), StoreError> = writer.run(|c| {
            c.execute("INSERT INTO t VALUES(1)", [])?;
            panic!("on purpose");
        });
        assert!(bad.is_err());
        assert_eq!(count(&writer), 0);
    }

    #[test]
    fn what_another_program_holds_is_said_to_be_held_and_is_written_once_it_lets_go() {
        let dir = tempfile::tempdir().unwrap();
        let open = || Connection::open(dir.path().join("t.db")).unwrap();
        let (mine, other) = (open(), open());
        mine.execute_batch("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 1; CREATE TABLE t(x INTEGER)").unwrap();
        let writer = Writer::start(mine).unwrap();
        let put = || writer.run(|c| -> Result<(), StoreError> { c.execute("INSERT INTO t VALUES(1)", []).map(|_| ()).map_err(Into::into) });
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        assert!(matches!(put(), Err(StoreError::Busy)), "held, not damaged and not closed");
        other.execute_batch("ROLLBACK").unwrap();
        put().unwrap();
        assert_eq!(count(&writer), 1);
    }

    #[test]
    fn a_commit_that_the_disk_does_not_take_says_so_to_each_job_it_held() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t(x INTEGER)").unwrap();
        connection.commit_hook(Some(|| true)).unwrap();
        let writer = Writer::start(connection).unwrap();
        let told = writer.run(|c| -> Result<(), StoreError> { c.execute("INSERT INTO t VALUES(1)", []).map(|_| ()).map_err(Into::into) });
        assert!(matches!(told, Err(StoreError::Sqlite(_))), "its own kind, not damage: {told:?}");
        for kind in [StoreError::Write, StoreError::Full, StoreError::ReadOnly, StoreError::Busy] {
            assert_eq!(std::mem::discriminant(&again(&kind)), std::mem::discriminant(&kind), "{kind}");
        }
    }
}
