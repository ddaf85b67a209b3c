/** The state and the changes that every contender works on: made from a seed, so that all of them get the same. */

/** One record: 400 bytes as JSON, a little more or less as its numbers change. */
export interface BenchRecord {
  readonly id: string;
  readonly hostname: string;
  readonly address: string;
  readonly os: string;
  readonly kernel: string;
  readonly role: string;
  /** What the host's checks said last, and when. */
  readonly checks: string;
  /** Percent, with one digit after the point. */
  readonly cpu: number;
  readonly memory: number;
  /** The number of the change that last touched the record; rises by one from change to change. */
  readonly seq: number;
}

/** One change: a host's two metrics, and the number of the change. */
export interface BenchChange {
  readonly id: string;
  readonly cpu: number;
  readonly memory: number;
  readonly seq: number;
}

export const RECORD_BYTES = 400;
/** The names of a record's fields, in the order they are written. */
export const FIELDS = ["id", "hostname", "address", "os", "kernel", "role", "checks", "cpu", "memory", "seq"] as const;

const ROLES = ["web", "database", "queue", "cache", "build", "backup"];
const CHECKS = ["updates", "backup", "certificate", "disk health", "time sync", "firewall", "mail queue"];
const VERDICTS = ["ok", "ok", "ok", "ok", "ok", "outdated", "unknown", "error"];

/** mulberry32: small, fast, the same everywhere. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Record i has `seq` i + 1, so a client that holds the full state has seen the sequence up to the number of records. */
export function initialRecords(count: number): BenchRecord[] {
  const random = randomFrom(1);
  return Array.from({ length: count }, (_, index) => initialRecord(index, random));
}

function initialRecord(index: number, random: () => number): BenchRecord {
  const pick = (limit: number): number => Math.floor(random() * limit);
  const record = {
    id: recordId(index),
    hostname: `${recordId(index)}.example.internal`,
    address: `10.${pick(256)}.${pick(256)}.${pick(256)}`,
    os: "Debian GNU/Linux 12 (bookworm)",
    kernel: `6.1.0-${pick(40)}-amd64`,
    role: ROLES[pick(ROLES.length)] as string,
    checks: "",
    cpu: percent(random),
    memory: percent(random),
    seq: index + 1,
  };
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
    // All of last night, each host at its own minute.
    const at = new Date(Date.UTC(2026, 10, 24, 3, pick(60), pick(60))).toISOString();
    text += `${CHECKS[n % CHECKS.length]}: ${VERDICTS[pick(VERDICTS.length)]} at ${at.slice(0, 19)}Z; `;
  }
  return text.slice(0, length);
}

/** The changes from `seq` = records + 1 on, each to a random record. */
export function changeSource(records: number, seed = 2): () => BenchChange {
  const random = randomFrom(seed);
  let seq = records;
  return () => {
    seq += 1;
    return { id: recordId(Math.floor(random() * records)), cpu: percent(random), memory: percent(random), seq };
  };
}
