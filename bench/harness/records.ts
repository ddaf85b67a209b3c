/** All contenders work on the same state and the same changes, which are made from a seed. */

/** A flat record has its numbers beside its texts. A nested one has them in an object of its own, as most applications do. */
export type RecordShape = "flat" | "nested";

/** These are the facts of a host that no change alters. */
interface HostFacts {
  readonly id: string;
  readonly hostname: string;
  readonly address: string;
  readonly os: string;
  readonly kernel: string;
  readonly role: string;
  /** The host's checks said this last, and then. */
  readonly checks: string;
}

/** One record has 400 bytes as JSON, or a little more or less as its numbers change. */
export interface BenchRecord extends HostFacts {
  /** This is in percent, with one digit after the point. */
  readonly cpu: number;
  readonly memory: number;
  /** The change with this number touched the record last. The number rises by one from change to change. */
  readonly seq: number;
}

/** One change carries two metrics of a host, and its own number. */
export interface BenchChange {
  readonly id: string;
  readonly cpu: number;
  readonly memory: number;
  readonly seq: number;
}

/** A nested record has so many bytes, too. */
export interface NestedRecord extends HostFacts {
  readonly metrics: NestedMetrics;
}

/** One change alters all four numbers. They have the meanings that they have in a flat record. */
interface NestedMetrics {
  readonly cpu: number;
  readonly memory: number;
  readonly load: number;
  readonly seq: number;
}

/** It is a JSON Merge Patch of a nested record, and names all members of the object within. */
export interface NestedChange {
  readonly id: string;
  readonly metrics: NestedMetrics;
}

export type AnyRecord = BenchRecord | NestedRecord;
export type AnyChange = BenchChange | NestedChange;

/** It returns the number of the change that touched the record last, or of the change itself. */
export function seqOf(value: AnyRecord | AnyChange): number {
  return "metrics" in value ? value.metrics.seq : value.seq;
}

export const RECORD_BYTES = 400;
/** These are the names of a record's fields, in the order in which they are written. */
export const FIELDS = ["id", "hostname", "address", "os", "kernel", "role", "checks", "cpu", "memory", "seq"] as const;
/** These are the names within the object of a nested record, in their order. */
export const METRICS = ["cpu", "memory", "load", "seq"] as const;

const ROLES = ["web", "database", "queue", "cache", "build", "backup"];
const CHECKS = ["updates", "backup", "certificate", "disk health", "time sync", "firewall", "mail queue"];
const VERDICTS = ["ok", "ok", "ok", "ok", "ok", "outdated", "unknown", "error"];

/** This is mulberry32, which is small, fast, and the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Record i has `seq` i + 1. So a client that holds the full state has seen the sequence up to the number of records. */
export function initialRecords(count: number): BenchRecord[] {
  const random = randomFrom(1);
  return Array.from({ length: count }, (_, index) => {
    const { facts, cpu, memory } = hostAt(index, random);
    return filled({ ...facts, cpu, memory, seq: index + 1 }, random);
  });
}

export function initialNestedRecords(count: number): NestedRecord[] {
  const random = randomFrom(1);
  return Array.from({ length: count }, (_, index) => {
    const { facts, cpu, memory } = hostAt(index, random);
    return filled({ ...facts, metrics: { cpu, memory, load: percent(random), seq: index + 1 } }, random);
  });
}

function hostAt(index: number, random: () => number) {
  const pick = (limit: number): number => Math.floor(random() * limit);
  const facts: HostFacts = {
    id: recordId(index),
    hostname: `${recordId(index)}.example.internal`,
    address: `10.${pick(256)}.${pick(256)}.${pick(256)}`,
    os: "Debian GNU/Linux 12 (bookworm)",
    kernel: `6.1.0-${pick(40)}-amd64`,
    role: ROLES[pick(ROLES.length)] as string,
    checks: "",
  };
  return { facts, cpu: percent(random), memory: percent(random) };
}

/** Its checks bring a record to its size. */
function filled<T extends HostFacts>(record: T, random: () => number): T {
  const pick = (limit: number): number => Math.floor(random() * limit);
  return { ...record, checks: checks(RECORD_BYTES - JSON.stringify(record).length, pick) };
}

function percent(random: () => number): number {
  return Math.floor(random() * 1_001) / 10;
}

function recordId(index: number): string {
  return `host-${index}`;
}

function checks(length: number, pick: (limit: number) => number): string {
  let text = "";
  for (let n = 0; text.length < length; n += 1) {
    // All checks are of last night, and each host has a minute of its own.
    const at = new Date(Date.UTC(2026, 10, 24, 3, pick(60), pick(60))).toISOString();
    text += `${CHECKS[n % CHECKS.length]}: ${VERDICTS[pick(VERDICTS.length)]} at ${at.slice(0, 19)}Z; `;
  }
  return text.slice(0, length);
}

/** It gives the changes from `seq` = records + 1 on, each to a random record. */
export function changeSource(records: number, seed = 2): () => BenchChange {
  const random = randomFrom(seed);
  let seq = records;
  return () => {
    seq += 1;
    return { id: recordId(Math.floor(random() * records)), cpu: percent(random), memory: percent(random), seq };
  };
}

/** It gives the changes of nested records so. */
export function nestedChangeSource(records: number, seed = 2): () => NestedChange {
  const random = randomFrom(seed);
  let seq = records;
  return () => {
    seq += 1;
    const id = recordId(Math.floor(random() * records));
    return { id, metrics: { cpu: percent(random), memory: percent(random), load: percent(random), seq } };
  };
}
