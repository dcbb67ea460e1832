-- A replica: a log, documents, and a projection. `change`, `batch`, `space`, `cursor`, `origin`, `quarantine`, `parked` and `setting` are the truth;
-- everything under "projection" is a cache that `rebuild` makes again from the log alone (INV, tests/integration: rebuild_equals_the_live_projection).

-- Facts about this replica: id (incarnation of the log), role, county, school, keys sealed by the rim. One row a key.
CREATE TABLE setting(key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- A space and its log's end. lsn is dense: taken in the transaction that inserts the change, so commit order is lsn order and a gap is an error.
-- digest: 256-bit order-free sum over admitted and refused change hashes; count: how many.
CREATE TABLE space(
  id INTEGER PRIMARY KEY, code BLOB NOT NULL UNIQUE CHECK(length(code) = 11),
  head INTEGER NOT NULL DEFAULT 0, count INTEGER NOT NULL DEFAULT 0, digest BLOB NOT NULL CHECK(length(digest) = 32)) STRICT;

-- What is known of the other side's log: one row a peer's origin, incarnation and space.
-- acked: own lsn the peer has committed. cursor: the peer's lsn up to which everything is here.
CREATE TABLE cursor(
  space INTEGER NOT NULL, peer BLOB NOT NULL CHECK(length(peer) = 8), replica BLOB NOT NULL CHECK(length(replica) = 16),
  acked INTEGER NOT NULL DEFAULT 0, cursor INTEGER NOT NULL DEFAULT 0, at TEXT NOT NULL, PRIMARY KEY(space, peer, replica)) STRICT, WITHOUT ROWID;

-- Who may write, by the county's signature. revoked: what it brings from then on goes to review.
CREATE TABLE origin(
  id BLOB PRIMARY KEY CHECK(length(id) = 8), school TEXT, certificate BLOB NOT NULL, public_key BLOB NOT NULL,
  issued TEXT NOT NULL, revoked TEXT, last_contact TEXT, note TEXT) STRICT, WITHOUT ROWID;

-- A document belongs to exactly one space. head_lsn: its last change; merged_lsn: up to where the projection knows it (T2).
CREATE TABLE doc(
  n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE CHECK(length(id) = 16), space INTEGER NOT NULL REFERENCES space(id),
  head_lsn INTEGER NOT NULL DEFAULT 0, merged_lsn INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX doc_space ON doc(space, id);
CREATE INDEX doc_unmerged ON doc(n) WHERE head_lsn > merged_lsn;

-- Actors by number: 16 bytes once instead of in every change.
CREATE TABLE actor(n INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE CHECK(length(id) = 16)) STRICT;

-- One origin's signature over the sorted (document, hash) pairs it first shipped together. lo..hi: lsn range of its members here.
-- own = 1: made here; its members are this replica's own changes in lo..hi. holes: members that are not in this log (16 + 32 bytes each).
CREATE TABLE batch(
  id INTEGER PRIMARY KEY, space INTEGER NOT NULL, origin BLOB NOT NULL, signature BLOB NOT NULL CHECK(length(signature) = 64),
  lo INTEGER NOT NULL, hi INTEGER NOT NULL, own INTEGER NOT NULL, holes BLOB NOT NULL) STRICT;
CREATE INDEX batch_own ON batch(space, hi) WHERE own = 1;

-- THE TRUTH. A rowid table: changes are appended in the order of their commits whatever their space, so pages fill up and are never split
-- (keyed by (space, lsn), twenty schools at once split a page of the middle at every few changes: a quarter of the time of a first sync).
-- source: origin of the peer that brought it, NULL for this replica's own. refused = 1: kept in the log so that lsn and digest hold, never merged, never relayed.
CREATE TABLE change(
  n INTEGER PRIMARY KEY, space INTEGER NOT NULL, lsn INTEGER NOT NULL, doc INTEGER NOT NULL, actor INTEGER NOT NULL, aseq INTEGER NOT NULL, max_op INTEGER NOT NULL,
  source BLOB, batch INTEGER, refused INTEGER NOT NULL DEFAULT 0, hash BLOB NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE UNIQUE INDEX change_lsn ON change(space, lsn);
CREATE INDEX change_doc ON change(doc, lsn);

-- Last change an actor made in a document: what admission checks. Survives compaction of the log.
CREATE TABLE doc_actor(
  doc INTEGER NOT NULL, actor INTEGER NOT NULL, aseq INTEGER NOT NULL, max_op INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY(doc, actor)) STRICT, WITHOUT ROWID;

-- A document saved by Automerge as of lsn; only for documents with long logs. The log is the truth: a snapshot that does not load is dropped.
CREATE TABLE snapshot(doc INTEGER PRIMARY KEY, lsn INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;

-- Changes whose dependencies are not here yet: bounded, judged again whenever their document gains a change.
CREATE TABLE parked(
  space INTEGER NOT NULL, doc BLOB NOT NULL, hash BLOB NOT NULL, source BLOB, batch INTEGER, at TEXT NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY(space, doc, hash)) STRICT, WITHOUT ROWID;

-- What was refused here (side = 'here') or by a peer (side = 'there'), with the reason. Never relayed; shown at both ends.
-- counted = 1: this row is what counts the hash in the space's digest; 0: the log does (refused after admission), or nothing does (brought out of scope).
-- tell = 1: every peer that shares the space is to hear of it, not only who brought it: else its digest would never agree.
CREATE TABLE quarantine(
  space INTEGER NOT NULL, doc BLOB NOT NULL, hash BLOB NOT NULL, side TEXT NOT NULL CHECK(side IN ('here','there')), source BLOB, origin BLOB, code TEXT NOT NULL,
  at TEXT NOT NULL, counted INTEGER NOT NULL DEFAULT 0, tell INTEGER NOT NULL DEFAULT 0, settled TEXT, detail TEXT, bytes BLOB, PRIMARY KEY(space, doc, hash, side)) STRICT, WITHOUT ROWID;

-- Who was told of which refusal, and in how many sessions: what tells of it may be lost with its connection, so it is told again.
CREATE TABLE told(
  peer BLOB NOT NULL, space INTEGER NOT NULL, doc BLOB NOT NULL, hash BLOB NOT NULL, times INTEGER NOT NULL, PRIMARY KEY(peer, space, doc, hash)) STRICT, WITHOUT ROWID;

-- What was written and can be taken back as one: a roster, rows of a ledger, a batch from the grid, a single edit (those for 30 days). kind: roster, ledger, grid, edit.
-- file: the file, ledger or record. detail: JSON list of what was written, with the values before.
CREATE TABLE import(
  id TEXT PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, file TEXT NOT NULL, sha256 TEXT NOT NULL, undone TEXT, detail TEXT NOT NULL,
  by TEXT NOT NULL DEFAULT '') STRICT, WITHOUT ROWID;

-- Rows that an import refused, as the workbook to correct and send again, until the person who uploaded the file does so; 14 days at most. account: who may see it.
CREATE TABLE refused_upload(
  id TEXT PRIMARY KEY, at TEXT NOT NULL, account INTEGER NOT NULL, target TEXT NOT NULL, file TEXT NOT NULL, rows INTEGER NOT NULL, workbook BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- One-time tokens (hub): only the hash of the secret.
CREATE TABLE token(hash BLOB PRIMARY KEY CHECK(length(hash) = 32), school TEXT NOT NULL, issued TEXT NOT NULL, expires TEXT NOT NULL, used TEXT, used_by BLOB) STRICT, WITHOUT ROWID;

-- Each node's database key, sealed to the county's recovery key (hub): useless without the secret that lies offline. The newest one a node.
CREATE TABLE sealed_key(origin BLOB PRIMARY KEY CHECK(length(origin) = 8), at TEXT NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;

-- Who read or exported named records, and acts that matter (DOMAIN §7). hash: over all before it and this row: no row can be altered or left out in the midst of the
-- chain unnoticed. subject: a ledger, report or record id, never a name or an identity number.
CREATE TABLE audit(
  seq INTEGER PRIMARY KEY, at TEXT NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, rows INTEGER NOT NULL,
  prev BLOB NOT NULL CHECK(length(prev) = 32), hash BLOB NOT NULL CHECK(length(hash) = 32)) STRICT;

-- When a school was last heard from, and as of when its records are complete here (hub); a node's own row holds its last contact with the county.
CREATE TABLE contact(school TEXT PRIMARY KEY, last_contact TEXT NOT NULL, as_of TEXT) STRICT, WITHOUT ROWID;

-- Files beside the records: what is here of a blob that records name, or once named. whole, thumbnail: on disk under DATA/blobs. wanted: a person of this node asked
-- for it. kept: the county has it whole, on disk (node). bytes: its length, once whole. unnamed: since when no record is known to name it; what nobody names for
-- a month is cleared (replica/blobs/sweep.rs). A row without anything here stands for what is lacking: the projection makes it, so that what to ask for is one index.
CREATE TABLE blob(
  hash BLOB PRIMARY KEY CHECK(length(hash) = 32), bytes INTEGER NOT NULL DEFAULT 0, whole INTEGER NOT NULL DEFAULT 0, thumbnail INTEGER NOT NULL DEFAULT 0,
  wanted INTEGER NOT NULL DEFAULT 0, kept INTEGER NOT NULL DEFAULT 0, at TEXT NOT NULL, unnamed TEXT) STRICT, WITHOUT ROWID;
CREATE INDEX blob_lacking ON blob(hash) WHERE whole = 0;
CREATE INDEX blob_unkept ON blob(hash, bytes) WHERE whole = 1 AND kept = 0;
-- Which school has shown the county that it has a blob (hub): it sent the file, or what nobody can make without it. A name in a school's own record opens the
-- blob to that school only then; whoever merely knows a hash gets nothing for it.
CREATE TABLE blob_source(hash BLOB NOT NULL CHECK(length(hash) = 32), school TEXT NOT NULL, bytes INTEGER NOT NULL, PRIMARY KEY(school, hash)) STRICT, WITHOUT ROWID;
-- People who log in at this replica's desk. Not in the log: a password never leaves the machine, and another node of the school has its own accounts.
-- roles: codes joined by `,` (web/account.rs). classes: `grade.class` joined by `,`, what a class teacher sees. password: argon2id in PHC form.
-- must_change = 1: set by somebody else, good for one login. disabled: since when; a disabled account is kept, its name stands in records.
CREATE TABLE account(
  id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE COLLATE NOCASE, name TEXT NOT NULL, roles TEXT NOT NULL, classes TEXT NOT NULL, password TEXT NOT NULL,
  must_change INTEGER NOT NULL, created TEXT NOT NULL, changed TEXT NOT NULL, disabled TEXT) STRICT;

-- ── projection ───────────────────────────────────────────────────────────────────────────────────────────────

-- Every record, canonical, once a (doc, id); n is also its row's number in its typed table. Typed tables record_<ledger> are generated from the definitions. fields: JSON of undisputed values. seen: hash of all that the projection was made from.
CREATE TABLE record(
  n INTEGER PRIMARY KEY, doc INTEGER NOT NULL, id TEXT NOT NULL, ledger TEXT NOT NULL, version INTEGER, state TEXT, disputed INTEGER NOT NULL, void INTEGER NOT NULL, origin TEXT, written_at TEXT,
  continues TEXT, seen BLOB NOT NULL, fields TEXT NOT NULL) STRICT;
CREATE INDEX record_doc ON record(doc);
CREATE INDEX record_definition ON record(id) WHERE ledger = 'ledger_definition';
CREATE INDEX record_id ON record(id);
CREATE INDEX record_continues ON record(continues) WHERE continues IS NOT NULL;

-- Which blobs a record names, in whatever field: who may see the record may have them. record: record.n.
CREATE TABLE blob_ref(
  record INTEGER NOT NULL, hash BLOB NOT NULL, doc INTEGER NOT NULL, bytes INTEGER NOT NULL, name TEXT NOT NULL, PRIMARY KEY(record, hash)) STRICT, WITHOUT ROWID;
CREATE INDEX blob_ref_hash ON blob_ref(hash);
CREATE INDEX blob_ref_doc ON blob_ref(doc);

CREATE TABLE step(
  doc INTEGER NOT NULL, record TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, "to" TEXT, "on" TEXT, by TEXT, why TEXT, origin TEXT NOT NULL, authority TEXT, effect TEXT NOT NULL,
  follows TEXT NOT NULL, at TEXT NOT NULL, seq INTEGER, corrected_by TEXT, PRIMARY KEY(doc, record, id)) STRICT, WITHOUT ROWID;

-- The inbox: what awaits a person. detail: JSON with the values, their writers and times.
CREATE TABLE conflict(
  id TEXT PRIMARY KEY, doc INTEGER NOT NULL, kind TEXT NOT NULL, record TEXT, school TEXT, year INTEGER, student TEXT, field TEXT, detail TEXT NOT NULL, opened TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX conflict_doc ON conflict(doc);

-- Which definition version each typed table was generated from, with the hash of its column list.
CREATE TABLE typed(ledger TEXT PRIMARY KEY, version INTEGER NOT NULL, columns TEXT NOT NULL) STRICT, WITHOUT ROWID;
