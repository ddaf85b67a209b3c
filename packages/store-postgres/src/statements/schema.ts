/** The schema is the tables of the store, and how each version comes from the one before. */

import type { Names } from "../names.ts";

/** The step at index n leads to version n + 1. Released steps are never altered. */
export const STEPS: readonly ((names: Names) => readonly string[])[] = [version1, version2];

/**
 * `chain` has one row per entry. A row with a `model` is a takeover. What counts over the whole chain stands in each row as it is
 * behind it, so that whoever writes the next entry goes on from there, and nothing else is to be read or altered.
 * `moves` says what each entry did to its spaces, in order, with the changes: it is the log.
 * `ended` names creations of spaces that have ended. Their rows are not read, and trimming clears them away. One with a
 * `creation_id` takes its history and its changes along.
 * `records` holds tombstones too: they have no text.
 * `before_owner` and `before_chars` of `answers` say what the answer took the place of, for the one that counts them.
 * `expired` has the owner null for what counts for everybody.
 * `kept` has one row: entries up to `start` are not kept any more. `beat` has one row, too.
 */
function version1(names: Names): readonly string[] {
  return [
    `CREATE TABLE ${names.chain} (
      sequence bigint PRIMARY KEY,
      term text NOT NULL,
      term_before text,
      at double precision NOT NULL,
      age_at double precision NOT NULL,
      address text,
      model bigint,
      changes bigint NOT NULL,
      chars bigint NOT NULL,
      total_changes bigint NOT NULL,
      total_chars bigint NOT NULL,
      history_position bigint NOT NULL,
      next_space_id bigint NOT NULL
    )`,
    `CREATE INDEX chain_takeovers ON ${names.chain} (sequence) WHERE model IS NOT NULL`,
    `CREATE TABLE ${names.moves} (
      sequence bigint NOT NULL,
      place integer NOT NULL,
      space_id bigint NOT NULL,
      name text NOT NULL,
      creation_id text,
      removed boolean NOT NULL,
      archived boolean NOT NULL,
      lineage_epoch text,
      first_version bigint NOT NULL,
      last_version bigint NOT NULL,
      changes text,
      PRIMARY KEY (sequence, place)
    )`,
    `CREATE INDEX moves_of_space ON ${names.moves} (space_id, last_version)`,
    `CREATE TABLE ${names.spaces} (
      space_id bigint PRIMARY KEY,
      name text NOT NULL,
      creation_id text NOT NULL,
      folded_version bigint NOT NULL DEFAULT 0,
      tombstone_floor bigint NOT NULL DEFAULT 0,
      digest text
    )`,
    `CREATE TABLE ${names.ended} (
      space_id bigint PRIMARY KEY,
      name text NOT NULL,
      creation_id text
    )`,
    `CREATE TABLE ${names.epochs} (sequence bigint PRIMARY KEY, epoch text COLLATE "C" NOT NULL UNIQUE)`,
    `CREATE TABLE ${names.lineage} (
      space_id bigint NOT NULL,
      first_version bigint NOT NULL,
      epoch text NOT NULL,
      PRIMARY KEY (space_id, first_version)
    )`,
    `CREATE TABLE ${names.records} (
      space_id bigint NOT NULL,
      collection text COLLATE "C" NOT NULL,
      id text COLLATE "C" NOT NULL,
      version bigint NOT NULL,
      text text,
      PRIMARY KEY (space_id, collection, id)
    )`,
    `CREATE INDEX records_tombstones ON ${names.records} (space_id, version) WHERE text IS NULL`,
    `CREATE TABLE ${names.answers} (
      key text COLLATE "C" PRIMARY KEY,
      owner text COLLATE "C" NOT NULL,
      made_at double precision,
      body_hash text NOT NULL,
      at double precision NOT NULL,
      version bigint NOT NULL,
      answer text NOT NULL,
      chars integer NOT NULL,
      sequence bigint NOT NULL,
      place integer NOT NULL,
      before_owner text,
      before_chars integer
    )`,
    `CREATE INDEX answers_in_order ON ${names.answers} (sequence, place)`,
    `CREATE INDEX answers_of_owner ON ${names.answers} (owner, sequence, place)`,
    `CREATE TABLE ${names.expired} (owner text COLLATE "C" UNIQUE, made_at double precision NOT NULL)`,
    `INSERT INTO ${names.expired} VALUES (NULL, '-Infinity')`,
    `CREATE TABLE ${names.history} (
      position bigint PRIMARY KEY,
      space text COLLATE "C" NOT NULL,
      creation_id text,
      collection text NOT NULL,
      id text NOT NULL,
      version bigint NOT NULL,
      at double precision NOT NULL,
      text text NOT NULL,
      chars integer NOT NULL
    )`,
    `CREATE INDEX history_of_space ON ${names.history} (space, position)`,
    `CREATE TABLE ${names.kept} (one boolean PRIMARY KEY CHECK (one), start bigint NOT NULL)`,
    `INSERT INTO ${names.kept} VALUES (true, 0)`,
    `CREATE TABLE ${names.beat} (one boolean PRIMARY KEY CHECK (one), beat bigint NOT NULL)`,
    `INSERT INTO ${names.beat} VALUES (true, 0)`,
    `CREATE TABLE ${names.nodes} (
      id text COLLATE "C" PRIMARY KEY,
      address text NOT NULL,
      model bigint NOT NULL,
      token text NOT NULL,
      counter bigint NOT NULL DEFAULT 0
    )`,
  ];
}

/**
 * Rows of points stand in the order in which they are written: those of one time beside each other. So writing appends, and what is
 * too old goes from the front of its step.
 */
function version2(names: Names): readonly string[] {
  return [
    `CREATE TABLE ${names.points} (
      step bigint NOT NULL,
      at bigint NOT NULL,
      series text COLLATE "C" NOT NULL,
      text text NOT NULL,
      PRIMARY KEY (step, at, series)
    )`,
  ];
}
