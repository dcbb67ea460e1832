-- People who log in at this replica's desk. Not in the log: a password never leaves the machine, and another node of the school has its own accounts.
-- roles: codes joined by `,` (web/account.rs). classes: `grade.class` joined by `,`, what a class teacher sees. password: argon2id in PHC form.
-- must_change = 1: set by somebody else, good for one login. disabled: since when; a disabled account is kept, its name stands in records.
CREATE TABLE account(
  id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE COLLATE NOCASE, name TEXT NOT NULL, roles TEXT NOT NULL, classes TEXT NOT NULL, password TEXT NOT NULL,
  must_change INTEGER NOT NULL, created TEXT NOT NULL, changed TEXT NOT NULL, disabled TEXT) STRICT;
