-- Refusals are told to every peer that shares the space, not only to the source of the change: else its digest would never agree.

-- counted = 1: this row is what counts the hash in the space's digest; 0: the log does (refused after admission), or nothing does (brought out of scope).
-- tell = 1: every peer that shares the space is to hear of it.
ALTER TABLE quarantine ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE quarantine ADD COLUMN tell INTEGER NOT NULL DEFAULT 0;
UPDATE quarantine SET tell = 1, counted = NOT EXISTS (SELECT 1 FROM doc d JOIN change ch ON ch.doc = d.n WHERE d.id = quarantine.doc AND ch.hash = quarantine.hash)
  WHERE side = 'here';
ALTER TABLE quarantine DROP COLUMN told;

-- Who was told of which refusal, and in how many sessions: what tells of it may be lost with its connection, so it is told again.
CREATE TABLE told(
  peer BLOB NOT NULL, space INTEGER NOT NULL, doc BLOB NOT NULL, hash BLOB NOT NULL, times INTEGER NOT NULL, PRIMARY KEY(peer, space, doc, hash)) STRICT, WITHOUT ROWID;
