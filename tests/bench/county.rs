//! A county to measure: a hub process and nodes in this process (replica, dialler and observer as the node's daemon has them).
//!
//! Making the schools' records takes longer than measuring, so the county is prepared once (hub initialised, nodes enrolled, records written, nothing
//! shipped) and copied for every run.

use crate::{
    Result, usage,
    workload::{self, Student},
};
use huxue_hub::desk::HubRequest;
use huxue_node::{
    desk::{Link, Node},
    serve,
};
use huxue_shared::{
    clock::{Clock, SystemClock},
    command::request::{Asked, Request},
    local::socket,
    locale::Lang,
    model::Space,
    replica::{Replica, edit::DocEdit, merge},
    rim::key::Unlock,
    store::log,
    sync::{engine::Peer, session::SessionEvent},
    transport::{
        Traffic,
        link::{LinkEvent, Observer},
    },
};
use serde_json::Value as Json;
use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::{runtime::Runtime, sync::watch, task::JoinHandle};

/// Students whose edits share a commit while the county is prepared.
const STUDENTS_PER_COMMIT: usize = 50;
/// Longest a phase may take before the run counts as failed.
const PATIENCE: Duration = Duration::from_mins(10);

/// The machine's clock, except that "now" is spread over the workload's school year: the times in the changes are as various as a year's are.
#[derive(Debug, Default)]
struct SpreadClock(AtomicU64);

impl Clock for SpreadClock {
    fn now(&self) -> jiff::Timestamp {
        // A fixed walk with the golden ratio through 300 days from 1 September 2025, in seconds.
        let n = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let second = 1_756_684_800 + i64::try_from((n * (300 * 86_400)) >> 32).unwrap_or(0);
        jiff::Timestamp::from_second(second).unwrap_or_default()
    }

    fn random(&self, out: &mut [u8]) {
        SystemClock.random(out);
    }
}

/// What the links of one node have told.
#[derive(Debug, Default)]
struct Heard {
    /// Own lsn acknowledged, and head, by space.
    acked: BTreeMap<Space, (u64, u64)>,
    /// Spaces agreed on since the link came up.
    in_sync: u64,
    /// Bytes and datagrams of links that ended, and of the live one.
    ended: Traffic,
    live: Traffic,
    /// Pulses so far: each carries the traffic up to then.
    pulses: u64,
}

/// Hears one node's links.
#[derive(Debug, Default)]
pub(crate) struct Ear {
    heard: Mutex<Heard>,
    moved: Condvar,
}

impl Observer for Ear {
    fn link(&self, _: &Peer, event: LinkEvent) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            LinkEvent::Connected { .. } => heard.in_sync = 0,
            LinkEvent::Session(SessionEvent::Acknowledged { space, lsn, head }) => {
                heard.acked.insert(space, (lsn, head));
            }
            LinkEvent::Session(SessionEvent::InSync { .. }) => heard.in_sync += 1,
            LinkEvent::Pulse { traffic, .. } => {
                heard.live = traffic;
                heard.pulses += 1;
            }
            LinkEvent::Ended { traffic, .. } => {
                heard.ended += traffic;
                heard.live = Traffic::default();
            }
            LinkEvent::Session(_) => {}
        }
        drop(heard);
        self.moved.notify_all();
    }
}

impl Ear {
    fn wait(&self, what: &str, mut until: impl FnMut(&Heard) -> bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        while !until(&heard) {
            let left = deadline.checked_duration_since(Instant::now()).ok_or_else(|| format!("{what}: not in {PATIENCE:?}"))?;
            heard = self.moved.wait_timeout(heard, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// All traffic of all links so far; exact once they have ended, up to the last pulse before.
    pub(crate) fn traffic(&self) -> Traffic {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sum = heard.ended;
        sum += heard.live;
        sum
    }
}

/// One school's node.
pub(crate) struct School {
    /// As the daemon opens it.
    pub(crate) node: Node,
    /// Space of its records.
    pub(crate) space: Space,
    pub(crate) ear: Arc<Ear>,
    line: Option<Line>,
}

struct Line {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
    _link: Link,
}

impl School {
    /// Its engine.
    pub(crate) fn replica(&self) -> &Arc<Replica> {
        &self.node.replica
    }

    /// Highest lsn of its records.
    pub(crate) fn head(&self) -> Result<u64> {
        let space = self.space;
        Ok(self.replica().store().read(|c| -> huxue_shared::replica::Result<u64> {
            let n = log::space_n(c, space)?;
            Ok(log::space_end(c, n)?.0)
        })?)
    }

    /// Waits until the hub has acknowledged everything of its space.
    pub(crate) fn wait_acked(&self) -> Result<()> {
        let head = self.head()?;
        self.ear.wait("acknowledgement", |heard| heard.acked.get(&self.space).is_some_and(|(lsn, _)| *lsn >= head))
    }

    /// Waits until `spaces` spaces are agreed on since the link came up.
    pub(crate) fn wait_in_sync(&self, spaces: u64) -> Result<()> {
        self.ear.wait("agreement", |heard| heard.in_sync >= spaces)
    }
}

/// The hub's process.
pub(crate) struct HubProcess {
    child: Child,
    dir: PathBuf,
}

impl HubProcess {
    fn start(binaries: &Path, dir: &Path, port: u16) -> Result<Self> {
        let mut child = Command::new(binaries.join("huxue-hub"))
            .args(["--data", &dir.display().to_string(), "serve", "--listen-http", "127.0.0.1:0", "--listen-quic", &format!("127.0.0.1:{port}")])
            .env("HUXUE_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no standard output")?).read_line(&mut line)?;
        if !line.contains("ready") {
            return Err(format!("the hub did not start: {line}").into());
        }
        Ok(Self { child, dir: dir.to_owned() })
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it through its local socket, as the commands do.
    pub(crate) fn ask(&self, request: Request) -> Result<Json> {
        let asked = Asked::here(Lang::En, HubRequest::Common(request));
        socket::ask(&self.dir, &asked, &mut |_| {}).map_err(|fault| format!("{fault:?}").into())
    }

    /// Waits until every query sees all that it has acknowledged.
    pub(crate) fn settle(&self) -> Result<Json> {
        self.ask(Request::Settle)
    }

    /// Ends it as systemd would.
    pub(crate) fn stop(mut self) -> Result<()> {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status()?;
        self.child.wait()?;
        Ok(())
    }
}

/// The county under measurement.
pub(crate) struct County {
    pub(crate) dir: PathBuf,
    pub(crate) binaries: PathBuf,
    pub(crate) hub: Option<HubProcess>,
    /// By school number; a school's second node follows all first ones.
    pub(crate) schools: Vec<School>,
    pub(crate) runtime: Runtime,
    pub(crate) facts: Facts,
}

/// What preparing wrote down.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
pub(crate) struct Facts {
    pub(crate) port: u16,
    pub(crate) schools: usize,
    pub(crate) students: u64,
    pub(crate) changes: u64,
    pub(crate) ndjson: PathBuf,
}

impl County {
    /// Copies the prepared county to `dir` and opens it: the hub serves, the nodes are open and do not dial yet.
    pub(crate) fn open(prepared: &Path, dir: &Path, binaries: &Path) -> Result<Self> {
        if dir.exists() {
            std::fs::remove_dir_all(dir)?;
        }
        copy(prepared, dir)?;
        let facts: Facts = serde_json::from_slice(&std::fs::read(dir.join("done"))?)?;
        let hub = HubProcess::start(binaries, &dir.join("hub"), facts.port)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let schools = (0..=facts.schools).map(|n| open(dir, n, facts.schools, Arc::new(SystemClock))).collect::<Result<Vec<_>>>()?;
        Ok(Self { dir: dir.to_owned(), binaries: binaries.to_owned(), hub: Some(hub), schools, runtime, facts })
    }

    /// The hub's process.
    pub(crate) fn hub(&self) -> Result<&HubProcess> {
        self.hub.as_ref().ok_or_else(|| "the hub is stopped".into())
    }

    /// Starts the dialler of the `n`-th node.
    pub(crate) fn dial(&mut self, n: usize) -> Result<()> {
        let school = self.schools.get_mut(n).ok_or("no such node")?;
        let (stop, stopped) = watch::channel(false);
        school.ear.heard.lock().unwrap_or_else(PoisonError::into_inner).in_sync = 0;
        let ear: Arc<dyn Observer> = school.ear.clone();
        let (link, task) = self.runtime.block_on(async { serve::dial(&school.node, stopped, ear) }).map_err(|f| format!("{f:?}"))?;
        school.line = Some(Line { stop, task, _link: link });
        Ok(())
    }

    /// Ends the dialler of the `n`-th node in order.
    pub(crate) fn hang_up(&mut self, n: usize) -> Result<()> {
        let school = self.schools.get_mut(n).ok_or("no such node")?;
        if let Some(line) = school.line.take() {
            line.stop.send(true)?;
            self.runtime.block_on(line.task)?;
        }
        Ok(())
    }

    /// First nodes of all schools.
    pub(crate) fn firsts(&self) -> std::ops::Range<usize> {
        0..self.facts.schools
    }

    /// Waits until every first node has heard `more` further pulses: then [`County::traffic`] is as of a moment ago.
    pub(crate) fn wait_pulses(&self, more: u64) -> Result<()> {
        let ears = || self.schools.iter().take(self.facts.schools).map(|school| &school.ear);
        let before: Vec<u64> = ears().map(|ear| ear.heard.lock().unwrap_or_else(PoisonError::into_inner).pulses).collect();
        ears().zip(before).try_for_each(|(ear, before)| ear.wait("pulse", |heard| heard.pulses >= before + more))
    }

    /// Traffic of all nodes.
    pub(crate) fn traffic(&self) -> Traffic {
        let mut sum = Traffic::default();
        for school in &self.schools {
            sum += school.ear.traffic();
        }
        sum
    }

    /// Stops everything.
    pub(crate) fn close(mut self) -> Result<()> {
        for n in 0..self.schools.len() {
            self.hang_up(n)?;
        }
        if let Some(hub) = self.hub.take() {
            hub.stop()?;
        }
        for school in &self.schools {
            school.replica().close();
        }
        Ok(())
    }
}

fn node_dir(dir: &Path, n: usize) -> PathBuf {
    dir.join(format!("node{n:03}"))
}

fn open(dir: &Path, n: usize, schools: usize, clock: Arc<dyn Clock>) -> Result<School> {
    let dir = node_dir(dir, n);
    let node = Node::open_at(&dir, &Unlock::default(), clock).map_err(|f| format!("{f:?}"))?;
    merge::start_workers(&node.replica, 1);
    // The last node is the second one of school 0.
    let space = workload::space(if n == schools { 0 } else { n });
    Ok(School { node, space, ear: Arc::default(), line: None })
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if entry.file_type()?.is_file() {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Makes the county: hub, `schools` + 1 enrolled nodes (the last is the second of school 0), and all records of the workload at the schools.
pub(crate) fn prepare(dir: &Path, binaries: &Path, ndjson: &Path) -> Result<()> {
    eprintln!("preparing the county in {} (once)", dir.display());
    let _ = std::fs::remove_dir_all(dir);
    std::fs::create_dir_all(dir)?;
    let mut by_school: Vec<Vec<Student>> = Vec::new();
    workload::read(ndjson, |student| {
        if by_school.len() <= student.school {
            by_school.resize_with(student.school + 1, Vec::new);
        }
        by_school.get_mut(student.school).ok_or("school number")?.push(student);
        Ok(())
    })?;
    let schools = by_school.len();
    let port = std::net::UdpSocket::bind("127.0.0.1:0")?.local_addr()?.port();
    enrol_all(dir, binaries, schools, port)?;
    let students = u64::try_from(by_school.iter().map(Vec::len).sum::<usize>())?;
    let queue = Mutex::new(by_school.into_iter().enumerate());
    let changes = AtomicU64::new(0);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..2)
            .map(|_| {
                scope.spawn(|| -> Result<()> {
                    loop {
                        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                        let Some((n, students)) = next else { return Ok(()) };
                        changes.fetch_add(fill(dir, n, schools, &students)?, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().map_err(|_| "a worker panicked")?)
    })?;
    let facts = Facts { port, schools, students, changes: changes.into_inner(), ndjson: ndjson.canonicalize()? };
    std::fs::write(dir.join("done"), serde_json::to_vec(&facts)?)?;
    Ok(())
}

fn fill(dir: &Path, n: usize, schools: usize, students: &[Student]) -> Result<u64> {
    let school = open(dir, n, schools, Arc::new(SpreadClock::default()))?;
    let mut made = 0;
    for some in students.chunks(STUDENTS_PER_COMMIT) {
        let edits: Vec<DocEdit> = some.iter().flat_map(|student| student.edits(school.replica())).collect();
        made += school.replica().commit(edits)?;
    }
    school.replica().settle();
    school.replica().close();
    Ok(made)
}

fn run(program: &Path, dir: &Path, args: &[&str]) -> Result<Json> {
    let output = Command::new(program).args(["--data", &dir.display().to_string(), "--json"]).args(args).env("HUXUE_LOG", "error").output()?;
    if !output.status.success() {
        return Err(format!("{args:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(serde_json::from_slice(&output.stdout).unwrap_or(Json::Null))
}

fn enrol_all(dir: &Path, binaries: &Path, schools: usize, port: u16) -> Result<()> {
    let (hub, node, data) = (binaries.join("huxue-hub"), binaries.join("huxue-node"), dir.join("hub"));
    run(&hub, &data, &["init", "--county", "529901", "--name", "某某县"])?;
    let rows: Vec<String> = (0..schools).map(|n| format!("{},第{}小学,primary\n", workload::school(n), n + 1)).collect();
    let csv = format!("code,name,stage\n{}", rows.concat());
    let list = dir.join("schools.csv");
    std::fs::write(&list, csv)?;
    run(&hub, &data, &["school", "import", &list.display().to_string()])?;
    let process = HubProcess::start(binaries, &data, port)?;
    for n in 0..=schools {
        let school = workload::school(if n == schools { 0 } else { n }).to_string();
        let token = run(&hub, &data, &["enrol", "issue", "--school", &school])?;
        let token = token["token"].as_str().ok_or("no token")?.to_owned();
        run(&node, &node_dir(dir, n), &["enrol", "--hub", &format!("127.0.0.1:{port}"), "--token", &token])?;
    }
    process.stop()
}

/// CPU seconds of the hub and of this process.
pub(crate) fn cpu(county: &County) -> Result<(f64, f64)> {
    Ok((usage::cpu_s(Some(county.hub()?.pid()))?, usage::cpu_s(None)?))
}
