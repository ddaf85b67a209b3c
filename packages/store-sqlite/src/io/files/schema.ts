/** The schema is the tables of a database file, and how each version comes from the one before. */

import type { DatabaseSync } from "node:sqlite";

/** The step at index n leads to version n + 1. Released steps are never altered. */
export const MIGRATIONS: readonly Migration[] = [
  (db) => db.exec(VERSION_1),
  logSaysItsTypes,
  (db) => db.exec(VERSION_3),
  (db) => db.exec(VERSION_4),
  (db) => db.exec(VERSION_5),
  (db) => db.exec(VERSION_6),
];

/** A step brings a database of the version before to its own version. It runs inside a transaction. */
export type Migration = (db: DatabaseSync) => void;

/** It marks a file as ours: "NvSt". */
export const APPLICATION_ID = 0x4e765374;

/** From here on a log entry says what its change types were. Code that doesn't read that must not open the file. */
function logSaysItsTypes(): void {}

/**
 * `log` has one row per group and space, in the order of the commits, so that a commit appends and trimming cuts from the
 * front. `total` counts the changes up to and with the row. `changes` comes last, so that whoever reads the rest never loads it.
 * `records` and `tombstones` are found by space, collection and id, and are written at random: so each is one tree.
 * `fold_undo` notes what a fold to `target` replaced that takes several transactions. A note counts as long as the space is
 * folded to less than `target`, since then the fold was cut short. `version` is null where there was neither record nor
 * tombstone.
 * `ended_spaces` names creations whose rows wait to be cleared away, so that ending a large space is a small commit.
 */
const VERSION_1 = `
  CREATE TABLE schema_version (version INTEGER NOT NULL) STRICT;
  INSERT INTO schema_version VALUES (0);
  CREATE TABLE epochs (position INTEGER PRIMARY KEY, epoch TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE spaces (
    space_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    creation_id TEXT NOT NULL,
    folded_version INTEGER NOT NULL DEFAULT 0,
    tombstone_floor INTEGER NOT NULL DEFAULT 0,
    digest TEXT
  ) STRICT;
  CREATE TABLE ended_spaces (space_id INTEGER PRIMARY KEY) STRICT;
  CREATE TABLE lineage (
    space_id INTEGER NOT NULL,
    first_version INTEGER NOT NULL,
    epoch TEXT NOT NULL,
    PRIMARY KEY (space_id, first_version)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE log (
    sequence INTEGER PRIMARY KEY,
    space_id INTEGER NOT NULL,
    first_version INTEGER NOT NULL,
    last_version INTEGER NOT NULL,
    at REAL NOT NULL,
    total INTEGER NOT NULL,
    changes TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX log_by_version ON log (space_id, first_version);
  CREATE TABLE records (
    space_id INTEGER NOT NULL,
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (space_id, collection, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE tombstones (
    space_id INTEGER NOT NULL,
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (space_id, collection, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX tombstones_by_version ON tombstones (space_id, version);
  CREATE TABLE fold_undo (
    undo_id INTEGER PRIMARY KEY,
    space_id INTEGER NOT NULL,
    target INTEGER NOT NULL,
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    version INTEGER,
    text TEXT
  ) STRICT;
  CREATE TABLE history (
    history_id INTEGER PRIMARY KEY,
    space TEXT NOT NULL,
    collection TEXT NOT NULL,
    version INTEGER NOT NULL,
    at REAL NOT NULL,
    id TEXT NOT NULL,
    text TEXT NOT NULL
  ) STRICT;
  CREATE INDEX history_by_version ON history (space, collection, version);
  CREATE TABLE idempotency (
    answer_id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    body_hash TEXT NOT NULL,
    at REAL NOT NULL,
    version INTEGER NOT NULL,
    answer TEXT NOT NULL
  ) STRICT;
  CREATE TABLE probe (id INTEGER PRIMARY KEY, commits INTEGER NOT NULL) STRICT;
  INSERT INTO probe VALUES (1, 0);
  PRAGMA application_id = ${APPLICATION_ID};
`;

/**
 * `chars` of `log` and `history` counts the characters that there ever were, up to and with the row. It is null in older rows.
 * `history_id` is a position that never comes again. `dropped` says up to where rows have gone.
 * `idempotency` says whose key it is, when its maker's clock made it (null where the key doesn't say it), and how long it is.
 * `expired_keys` says for each owner when the newest key was made that was dropped with its answer. The row under NULL counts for
 * everybody.
 * `run` is about the run of a server that has the file open. `ended` is 0 from its start until its clean close. `file` is the
 * number of the file then, so that a lock which was taken under another of its names is found.
 */
const VERSION_3 = `
  ALTER TABLE log ADD COLUMN chars INTEGER;
  ALTER TABLE history ADD COLUMN chars INTEGER;
  ALTER TABLE history ADD COLUMN creation_id TEXT;
  DROP INDEX history_by_version;
  CREATE INDEX history_by_place ON history (space, collection);
  CREATE TABLE dropped (id INTEGER PRIMARY KEY, position INTEGER NOT NULL, chars INTEGER NOT NULL) STRICT;
  INSERT INTO dropped VALUES (1, 0, 0);
  ALTER TABLE idempotency ADD COLUMN owner TEXT NOT NULL DEFAULT '';
  ALTER TABLE idempotency ADD COLUMN made_at REAL;
  ALTER TABLE idempotency ADD COLUMN chars INTEGER NOT NULL DEFAULT 0;
  UPDATE idempotency SET chars = length(key) + length(answer);
  CREATE INDEX answers_by_owner ON idempotency (owner, answer_id, chars);
  CREATE TABLE expired_keys (owner TEXT UNIQUE, made_at REAL NOT NULL) STRICT;
  INSERT INTO expired_keys VALUES (NULL, -1);
  CREATE TABLE run (id INTEGER PRIMARY KEY, ended INTEGER NOT NULL, lock TEXT, file TEXT) STRICT;
  INSERT INTO run VALUES (1, 1, NULL, NULL);
`;

/** `ended_spaces` says whose history goes with the space. Both are null where the history stays. */
const VERSION_4 = `
  ALTER TABLE ended_spaces ADD COLUMN history_space TEXT;
  ALTER TABLE ended_spaces ADD COLUMN history_creation TEXT;
`;

/**
 * The chain begins with the first takeover in this schema. An entry that is nothing but changes has no row of its own: `entry` of
 * `log` is its number, `term` the place of its epoch, and `age_at` its age where that is not `at`. They are null in older rows, which
 * are in no entry. `chain` has a row for each entry that is more, or less: a takeover, which alone has a `model`, and a group that
 * makes or ends spaces, begins a lineage or changes nothing. `spaces` says of such a group what it did to which spaces, in order.
 * `dropped` says too up to which entry the chain is not kept whole any more. The log of a space that took its history with it keeps
 * its rows without their changes.
 * `ended_names` names ended creations of which the log may hold rows, with numbers up to `last_log`.
 */
const VERSION_5 = `
  ALTER TABLE log ADD COLUMN entry INTEGER;
  ALTER TABLE log ADD COLUMN term INTEGER;
  ALTER TABLE log ADD COLUMN age_at REAL;
  CREATE TABLE chain (
    sequence INTEGER PRIMARY KEY,
    term INTEGER NOT NULL,
    at REAL NOT NULL,
    age_at REAL NOT NULL,
    spaces TEXT,
    term_before INTEGER,
    address TEXT,
    model INTEGER
  ) STRICT;
  CREATE INDEX takeovers ON chain (sequence) WHERE model IS NOT NULL;
  ALTER TABLE dropped ADD COLUMN entry INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE ended_names (
    place INTEGER PRIMARY KEY,
    space_id INTEGER NOT NULL UNIQUE,
    name TEXT NOT NULL,
    last_log INTEGER NOT NULL
  ) STRICT;
`;

/**
 * Rows of points stand in the order in which they are written: those of one time beside each other. So writing appends, and what is
 * too old goes from the front of its step.
 */
const VERSION_6 = `
  CREATE TABLE points (
    step INTEGER NOT NULL,
    at INTEGER NOT NULL,
    series TEXT NOT NULL,
    text TEXT NOT NULL,
    PRIMARY KEY (step, at, series)
  ) STRICT, WITHOUT ROWID;
`;
