/** A followed connection to the server under test knows what it has been told. */

import { type JsonObject, type JsonValue, MAX_PART_BYTES, type PartProgress, type Profile } from "@neverstale/protocol";
import { mismatch } from "../patterns/pattern.ts";
import type { Bindings } from "../patterns/template.ts";
import { brief, Violation } from "../scenario/violation.ts";
import type { Patience, TestConnection } from "../tested.ts";
import { type Follower, newFollower } from "./follower.ts";

/** An answer may take so long, as somebody may test on a busy machine. */
export const PATIENCE_MS = 10_000;

export class Followed {
  readonly name: string;
  readonly profile: Profile;
  readonly connection: TestConnection;
  readonly follower: Follower;
  readonly #patience: Patience;
  /** So many messages were taken in. An `ack` says this number. */
  taken = 0;
  #acked = 0;
  closed: number | null = null;
  /** So many parts of messages have come (rule M9). */
  parts = 0;
  readonly #asksForParts: boolean;
  /** It says how much of a message in parts has come. Null means that none is under way. */
  #loading: PartProgress | null = null;

  constructor(
    name: string,
    profile: Profile,
    connection: TestConnection,
    follower: Follower,
    patience: Patience,
    asksForParts = false,
  ) {
    this.#asksForParts = asksForParts;
    this.name = name;
    this.profile = profile;
    this.connection = connection;
    this.follower = follower;
    this.#patience = patience;
  }

  /** A newcomer starts without a position. */
  static newcomer(name: string, profile: Profile, connection: TestConnection, patience: Patience): Followed {
    return new Followed(name, profile, connection, newFollower(profile, null), patience);
  }

  send(message: JsonObject): void {
    if (message.type === "ack") this.#acked = message.n as number;
    this.follower.noteSent(message, this.#acked === this.taken);
    this.connection.sendText(JSON.stringify(message));
  }

  ack(): void {
    this.send({ type: "ack", n: this.taken });
  }

  /** It resolves with the next message, or with null when none came in time or the connection is closed. */
  async next(withinMs: number): Promise<JsonObject | null> {
    const { inbox } = this.connection;
    const left = this.#patience.limit(withinMs);
    // When the time is over, nothing is taken. Else the kit would listen for ever to a server that never stops talking.
    if (withinMs === 0 || !(await this.#patience.until(() => inbox.length > 0, withinMs))) return null;
    const arrival = inbox.shift();
    if (arrival === undefined) return null;
    if (arrival.type === "closed") {
      this.closed = arrival.code;
      return null;
    }
    if (arrival.type === "part") {
      this.#receivePart(arrival.progress, arrival.pieceBytes);
      return this.next(left());
    }
    if (arrival.type === "unreadable") throw new Violation("M4", "text, or the gzip of text", arrival.why);
    if (arrival.binary && this.profile === "plain") throw new Violation("M4", "text frames", "a binary frame");
    if (arrival.fromParts === true) this.#loading = null;
    else this.taken += 1;
    return this.#receiveBetween(arrival.text) ?? this.#receive(arrival.text);
  }

  /** Each part is a frame that is acked at once. */
  #receivePart(progress: PartProgress, pieceBytes: number): void {
    if (!this.#asksForParts) throw new Violation("M9", `no parts on ${this.name}, which asked for none`, "one");
    if (pieceBytes > MAX_PART_BYTES)
      throw new Violation("M9", `at most ${MAX_PART_BYTES} bytes a part`, `${pieceBytes}`);
    this.#loading = progress;
    this.parts += 1;
    this.taken += 1;
    this.ack();
  }

  /**
   * Between parts a `sync` says how much has been put, and nothing else may stand there. Null means that this is a usual
   * message.
   */
  #receiveBetween(text: string): JsonObject | null {
    const wanted = this.#loading?.receivedBytes;
    if (wanted === undefined && !text.includes('"part":')) return null;
    const message = JSON.parse(text) as JsonObject;
    if (message.type === "sync" ? message.part !== wanted : wanted !== undefined && message.type !== "error")
      throw new Violation("M9", `a sync with part ${wanted ?? "left out"} on ${this.name}`, brief(message));
    // Before the first message there is no position with which it could be compared.
    return wanted !== undefined && this.follower.version === null ? message : null;
  }

  #receive(text: string): JsonObject {
    try {
      return this.follower.receive(text);
    } catch (error) {
      if (!(error instanceof Violation)) throw error;
      throw new Violation(error.rule, `${error.expected} (on ${this.name})`, error.came);
    }
  }

  /** The next message must be this one. A beacon may come between at any time. It is taken in where none is asked for. */
  async expect(pattern: JsonValue, withinMs: number, bindings: Bindings): Promise<void> {
    const left = this.#patience.limit(withinMs);
    const wantsSync = JSON.stringify(pattern).includes('"type":"sync"');
    let message = await this.next(left());
    while (message !== null && isBeacon(message) && !wantsSync) message = await this.next(left());
    if (message === null) throw new Violation(null, brief(pattern), this.silence);
    const found = mismatch(pattern, message, bindings);
    if (found === null) return;
    const where = found.path === "" ? "" : ` at ${found.path}`;
    throw new Violation(null, `${brief(found.expected)}${where}`, `${brief(found.found)} in ${brief(message)}`);
  }

  /** One of the next messages must be this one. Those before it are taken in. */
  async await(pattern: JsonValue, withinMs: number, bindings: Bindings): Promise<void> {
    const left = this.#patience.limit(withinMs);
    for (let last: JsonObject | undefined; ; ) {
      const message = await this.next(left());
      if (message === null) throw new Violation(null, brief(pattern), `${this.silence}, after ${brief(last)}`);
      if (mismatch(pattern, message, bindings) === null) return;
      last = message;
    }
  }

  /** No message like this may have come. */
  async expectNone(pattern: JsonValue, bindings: Bindings): Promise<void> {
    while (this.connection.inbox.length > 0 && this.closed === null) {
      const message = await this.next(PATIENCE_MS); // The message is there.
      if (message === null || mismatch(pattern, message, new Map(bindings)) !== null) continue;
      throw new Violation(null, `no ${brief(pattern)}`, brief(message));
    }
  }

  async expectClose(codes: readonly number[]): Promise<void> {
    const left = this.#patience.limit(PATIENCE_MS);
    while (this.closed === null) {
      const message = await this.next(left());
      if (message === null && this.closed === null) {
        throw new Violation(null, `the connection closed with ${codes.join(" or ")}`, "nothing of the kind");
      }
    }
    if (!codes.includes(this.closed)) throw new Violation(null, `close code ${codes.join(" or ")}`, `${this.closed}`);
  }

  /** The answer to a check says what the head is. A `sync` with digest there says that the state is right (rules A7, E4). */
  async levelByCheck(check: number): Promise<void> {
    this.send({ type: "check", n: check });
    const left = this.#patience.limit(PATIENCE_MS);
    for (let head = Number.POSITIVE_INFINITY; !(this.follower.level && (this.follower.version ?? -1) >= head); ) {
      const message = await this.next(left());
      if (message === null) throw new Violation("A7", `${this.name} level after check ${check}`, this.silence);
      if (message.type === "sync" && message.check === check) head = message.head as number;
      this.ack();
    }
  }

  async reach(version: number): Promise<void> {
    const left = this.#patience.limit(PATIENCE_MS);
    while ((this.follower.version ?? -1) < version) {
      const message = await this.next(left());
      if (message === null) throw new Violation("M1", `${this.name} at version ${version}`, this.silence);
    }
  }

  get silence(): string {
    return this.closed === null ? "nothing in time" : `the end of the connection with ${this.closed}`;
  }
}

function isBeacon(message: JsonObject): boolean {
  return message.type === "sync" && message.check === undefined;
}
