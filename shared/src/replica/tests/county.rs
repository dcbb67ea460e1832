//! A county in a temporary directory: a hub and nodes, and the words people say to them.

use crate::{
    clock::TestClock,
    command::{
        execute,
        request::{Format, Request, SubjectRef},
    },
    identity::{County, Keypair, OriginFacts, Role as OriginRole, origin},
    locale::Lang,
    model::{ChangeHash, DocId, OriginId, SchoolCode, SchoolYear, Space},
    replica::{Me, Replica, Role, merge, serve::Served, students},
    store::StoreConfig,
    sync::{
        engine::{Batch, Engine, OutChange, Parcel, Peer},
        simulation::world::{Member, World},
    },
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

pub(super) const SCHOOL: &str = "5299010001";
pub(super) const OTHER_SCHOOL: &str = "5299010002";
/// 2025-10-21, in the school year 2025.
const START_S: i64 = 1_761_000_000;
const SECRET: [u8; 32] = [7; 32];

pub(super) fn year() -> SchoolYear {
    SchoolYear::new(2025).unwrap()
}

pub(super) fn school() -> SchoolCode {
    SCHOOL.parse().unwrap()
}

pub(super) fn space() -> Space {
    Space::school(school(), year())
}

pub(super) fn county() -> County {
    County::from_seeds("529901".parse().unwrap(), [1; 32], [2; 32])
}

pub(super) fn node_key(number: u8) -> Keypair {
    Keypair::from_seed([100 + number; 32])
}

/// The county's certificate of a node.
pub(super) fn certificate(key: &Keypair, school: &str) -> Vec<u8> {
    let facts = OriginFacts {
        county: county().code(),
        role: OriginRole::Node,
        school: Some(school.parse().unwrap()),
        public_key: key.public(),
        issued_at: START_S,
    };
    origin::issue(county().ca(), &facts)
}

/// One replica in a world.
#[derive(Debug)]
pub(super) struct Real {
    pub(super) served: Served,
    path: PathBuf,
    refused: Arc<AtomicBool>,
}

impl Real {
    fn new(replica: Arc<Replica>, path: PathBuf) -> Self {
        let refused = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&refused);
        replica.on_refusal(move |_| told.store(true, Ordering::Relaxed));
        Self { served: Served(replica), path, refused }
    }

    pub(super) fn replica(&self) -> &Arc<Replica> {
        &self.served.0
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Puts another replica in the place of this one, as a restart does.
    pub(super) fn restart(&mut self, with: Arc<Replica>) {
        *self = Self::new(with, self.path.clone());
    }

    pub(super) fn settle(&self) {
        merge::drain(self.replica()).unwrap();
    }

    pub(super) fn state(&self, space: Space) -> (u64, [u8; 32]) {
        let end = self.replica().store().read(|c| match crate::store::log::find_space(c, space)? {
            Some(n) => crate::store::log::space_end(c, n),
            None => Ok((0, 0, [0; 32])),
        });
        end.map(|(_, count, digest)| (count, digest)).unwrap()
    }

    /// Rows of a query, each as text.
    pub(super) fn rows(&self, sql: &str) -> Vec<String> {
        self.settle();
        self.replica()
            .store()
            .read(|c| -> Result<Vec<String>, crate::store::StoreError> {
                let mut statement = c.prepare(sql)?;
                let columns = statement.column_count();
                let mut rows = statement.query([])?;
                let mut out = Vec::new();
                while let Some(row) = rows.next()? {
                    let cells: Vec<String> = (0..columns).map(|n| shown(row.get_ref(n).unwrap())).collect();
                    out.push(cells.join(" | "));
                }
                Ok(out)
            })
            .unwrap()
    }

    /// Everything people see that does not depend on the replica: records with their values, steps, conflicts.
    pub(super) fn answers(&self) -> Vec<String> {
        let mut out = self.rows("SELECT hex(d.id), r.id, r.ledger, r.version, r.state, r.disputed, r.void, r.origin, r.written_at, r.fields FROM record r JOIN doc d ON d.n = r.doc ORDER BY 1, 2");
        out.extend(
            self.rows("SELECT hex(d.id), s.record, s.id, s.name, s.effect, s.follows, s.at FROM step s JOIN doc d ON d.n = s.doc ORDER BY 1, 2, 3"),
        );
        out.extend(self.rows("SELECT k.id, k.kind, k.record, k.field, k.detail FROM conflict k ORDER BY 1"));
        out
    }

    pub(super) fn report(&self, name: &str) -> serde_json::Value {
        self.asked(name, Format::Json)
    }

    /// A report as the terminal shows it, in English.
    pub(super) fn printed(&self, name: &str) -> String {
        self.asked(name, Format::Table)["text"].as_str().unwrap().to_owned()
    }

    fn asked(&self, report: &str, format: Format) -> serde_json::Value {
        self.settle();
        let request = Request::ReportRun { name: report.to_owned(), params: BTreeMap::new(), format };
        execute::execute(self.replica(), request, "test", Lang::En, &mut |_| ()).unwrap()
    }

    pub(super) fn verify(&self) {
        self.settle();
        assert_eq!(self.replica().verify().unwrap().problems, Vec::<String>::new());
    }

    /// Adds a child and gives its document id.
    pub(super) fn child(&self, name: &str, number: &str) -> String {
        let sex = if number.as_bytes()[16] % 2 == 1 { "male" } else { "female" };
        let words = [("name", name), ("id_type", "resident"), ("id_no", number), ("sex", sex), ("grade", "3"), ("class", "1"), ("stage", "primary")];
        self.replica().add("enrolment", None, None, &set(&words), None).unwrap().record
    }

    pub(super) fn record(&self, ledger: &str, child: &str, words: &[(&str, &str)]) -> Result<String, String> {
        let subject = SubjectRef::Student(child.to_owned());
        self.replica().add(ledger, Some(&subject), None, &set(words), None).map(|done| done.record).map_err(|e| e.to_string())
    }

    pub(super) fn correct(&self, record: &str, words: &[(&str, &str)]) {
        self.settle();
        self.replica().set(record, &set(words), None).unwrap();
    }

    /// This replica's guarded merge refuses a change that it acknowledged before.
    pub(super) fn refuse_late(&self, doc: DocId, hash: ChangeHash) {
        let done: Result<(), crate::replica::ReplicaError> = self.replica().store().write(move |c| {
            let (n, _) = crate::store::log::find_doc(c, doc)?.unwrap();
            merge::refuse_late(c, n, doc, space(), hash, "change-not-reloadable", "t")?;
            c.execute("UPDATE doc SET merged_lsn = 0 WHERE n = ?1", [n.0])?;
            Ok(())
        });
        done.unwrap();
        merge::catch_up(self.replica()).unwrap();
        self.replica().tell_refusal(space());
    }

    /// Codes and sides of what was refused.
    pub(super) fn quarantine(&self) -> Vec<(String, String)> {
        self.replica()
            .store()
            .read(|c| -> Result<_, crate::store::StoreError> {
                let mut statement = c.prepare("SELECT code, side FROM quarantine ORDER BY at, code, side")?;
                Ok(statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect::<rusqlite::Result<_>>()?)
            })
            .unwrap()
    }
}

impl Member for Real {
    fn engine(&self) -> &dyn Engine {
        &self.served
    }

    fn origin(&self) -> OriginId {
        self.replica().origin()
    }

    fn head(&self, space: Space) -> u64 {
        self.replica()
            .store()
            .read(|c| match crate::store::log::find_space(c, space)? {
                Some(n) => crate::store::log::space_end(c, n).map(|end| end.0),
                None => Ok(0),
            })
            .unwrap()
    }

    fn genesis(&self) -> ChangeHash {
        crate::document::genesis::HASH
    }

    fn take_refusal(&self) -> bool {
        self.refused.swap(false, Ordering::Relaxed)
    }
}

pub(super) fn set(words: &[(&str, &str)]) -> BTreeMap<String, String> {
    words.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect()
}

/// A hub (0) and nodes of one school, each in a file of its own.
#[derive(Debug)]
pub(super) struct Town {
    pub(super) world: World<Real>,
    pub(super) clock: Arc<TestClock>,
    pub(super) dir: tempfile::TempDir,
}

impl Town {
    pub(super) fn new(seed: u64, nodes: u8) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::new(jiff::Timestamp::from_second(START_S).unwrap(), seed));
        let mut members = vec![Self::open_hub(&dir.path().join("hub/hub.db"), &clock)];
        members.extend((1..=nodes).map(|number| Self::open_node(&dir.path().join(format!("node-{number}/node.db")), number, &clock)));
        let hub = members[0].replica();
        (1..=nodes).for_each(|number| assert!(hub.learn_origin(&certificate(&node_key(number), SCHOOL)).unwrap()));
        Self { world: World::of(seed, members), clock, dir }
    }

    fn open_hub(path: &Path, clock: &Arc<TestClock>) -> Real {
        let me =
            Me { role: Role::Hub, county: county().code(), keypair: county().hub().clone(), county_key: county().ca().public(), id_secret: SECRET };
        Self::open(path, me, clock)
    }

    pub(super) fn open_node(path: &Path, number: u8, clock: &Arc<TestClock>) -> Real {
        Self::open_node_of(path, number, SCHOOL, clock)
    }

    pub(super) fn open_node_of(path: &Path, number: u8, code: &str, clock: &Arc<TestClock>) -> Real {
        let school = code.parse().unwrap();
        let id_secret = students::school_key(&SECRET, school);
        let me = Me { role: Role::Node(school), county: county().code(), keypair: node_key(number), county_key: county().ca().public(), id_secret };
        let real = Self::open(path, me, clock);
        assert!(real.replica().learn_origin(&certificate(&node_key(number), code)).unwrap());
        real
    }

    fn open(path: &Path, me: Me, clock: &Arc<TestClock>) -> Real {
        // Files lie beside the database: each replica has a directory of its own.
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let config = StoreConfig { path: path.to_owned(), key: None, cache_mib: 4 };
        let replica = Replica::open(config, me, clock.clone()).unwrap();
        assert!(replica.learn_origin(&county().hub_origin_certificate(clock.as_ref())).unwrap());
        Real::new(replica, path.to_owned())
    }

    /// Opens a replica's file again as another process would; the one before is closed first.
    pub(super) fn reopen(&mut self, number: usize) {
        let path = self.world.replicas[number].path().to_owned();
        let fresh = if number == 0 { Self::open_hub(&path, &self.clock) } else { Self::open_node(&path, u8::try_from(number).unwrap(), &self.clock) };
        self.world.replicas[number].restart(Arc::clone(fresh.replica()));
    }

    pub(super) fn hub(&self) -> &Real {
        &self.world.replicas[0]
    }

    pub(super) fn node(&self, number: usize) -> &Real {
        &self.world.replicas[number]
    }

    /// Connects what is not connected, and lets everything come to rest, merged.
    pub(super) fn sync(&mut self) {
        for link in 0..self.world.links.len() {
            if self.world.links[link].1.is_none() {
                self.world.connect(link);
            }
        }
        for _ in 0..3 {
            (0..self.world.replicas.len()).for_each(|replica| {
                self.world.replicas[replica].settle();
                self.world.announce(replica);
            });
            self.world.run_to_rest();
        }
        self.world.assert_no_bye();
    }

    pub(super) fn cut(&mut self) {
        (0..self.world.links.len()).for_each(|link| self.world.cut(link));
    }

    /// Connects link 0 afresh, runs to rest and gives the types of the frames both ends sent, and their bytes.
    pub(super) fn reconnect(&mut self, link: usize) -> (Vec<u8>, usize) {
        self.world.cut(link);
        self.world.connect(link);
        self.world.run_to_rest();
        let ends = &self.world.links[link].1.as_ref().unwrap().ends;
        (ends.iter().flat_map(|end| end.sent_frames.clone()).collect(), ends.iter().map(|end| end.sent.len()).sum())
    }

    /// Equal digests in every shared space, in sync, nothing divergent.
    pub(super) fn assert_agreed(&mut self) {
        for space in [space(), Space::published(year()), Space::county_school(school(), year())] {
            let hub = self.hub().state(space);
            for node in 1..self.world.replicas.len() {
                assert_eq!(self.node(node).state(space), hub, "{space}: node {node} and the hub hold the same");
            }
        }
        for (_, link) in &self.world.links {
            for end in link.iter().flat_map(|link| &link.ends) {
                let progress: Vec<_> = end.session.progress().collect();
                assert!(end.session.in_sync(), "replica {}: {progress:?} {:?}", end.replica, end.events);
                assert!(!end.events.iter().any(|e| matches!(e, crate::sync::session::SessionEvent::Divergent { .. })), "{:?}", end.events);
            }
        }
    }
}

fn shown(value: rusqlite::types::ValueRef<'_>) -> String {
    value.as_str().map_or_else(|_| format!("{value:?}"), str::to_owned)
}

/// How the hub sees a node.
pub(super) fn peer_of(number: u8) -> Peer {
    Peer { origin: node_key(number).origin(), school: Some(school()) }
}

/// Changes of one batch, signed by `key` as if it were `claimed`.
pub(super) fn parcel(space: Space, key: &Keypair, claimed: OriginId, changes: &[(DocId, Vec<u8>)]) -> Parcel {
    use sha2::Digest as _;
    let hash = |bytes: &[u8]| ChangeHash(sha2::Sha256::digest(bytes.get(8..).unwrap_or_default()).into());
    let mut members: Vec<(DocId, ChangeHash)> = changes.iter().map(|(doc, bytes)| (*doc, hash(bytes))).collect();
    members.sort_unstable();
    let signature = crate::identity::batch::sign(key, &crate::sync::codec::batch_message(space, &members));
    let changes = changes.iter().map(|(doc, bytes)| OutChange { doc: *doc, hash: hash(bytes), bytes: bytes.clone(), batch: 0 }).collect();
    Parcel { batches: vec![Batch { origin: claimed, signature, holes: Vec::new() }], changes }
}

/// A valid identity number, the `n`-th of its day.
pub(super) fn id_number(n: u16) -> String {
    let body = format!("52990120171028{n:03}");
    let weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let sum: usize = body.bytes().zip(weights).map(|(digit, weight)| usize::from(digit - b'0') * weight).sum();
    format!("{body}{}", ["1", "0", "X", "9", "8", "7", "6", "5", "4", "3", "2"][sum % 11])
}
