/** The audit of answers judges what the authority says over HTTP to one request, and who may keep it, by the bytes alone. */

import type { Position, StateRecord } from "@neverstale/protocol";
import type { History, HistoryMoment, Report } from "../checks/history.ts";
import { difference } from "../checks/same-state.ts";
import { shortHash } from "../checks/trace.ts";
import { WireMessage } from "../network/frames.ts";
import { headerOf, type SimHead } from "./http-end.ts";

export class AnswerAudit {
  readonly #world: AnswerAuditWorld;
  readonly #asked: AskedFor;
  readonly #at: string;
  readonly #startedAt: number;
  readonly #claimed: HistoryMoment | null;
  /** The authority had the space at this version when it was asked. */
  readonly #headAtStart: number;
  #head: SimHead | null = null;
  /** The reader stands here once it has read what was written. */
  #version: number;
  #messages = 0;
  #lastHasDigest = false;
  #offsetMs = 0;

  constructor(world: AnswerAuditWorld, url: URL) {
    this.#world = world;
    this.#asked = askedFor(url);
    this.#at = `${url.pathname}${url.search}`;
    this.#startedAt = world.now();
    this.#headAtStart = world.head();
    this.#version = this.#asked.position?.version ?? 0;
    this.#claimed = this.#asked.position === null ? null : world.momentAt(this.#asked.position);
  }

  #fail(rule: string, message: string): void {
    this.#world.report(rule, `${this.#at}: ${message}`);
  }

  answered(head: SimHead): void {
    this.#head = head;
    const { status } = head;
    const control = headerOf(head, "Cache-Control") ?? "";
    const isForSession = !this.#world.isPublic;
    if (isForSession && !control.includes("no-store"))
      this.#fail("H8", `an answer to a session may be kept: ${control}`);
    if (KEEPABLE.includes(status)) {
      if (isForSession && !control.includes("private")) this.#fail("H8", `an answer to a session is not private`);
    } else if (!control.includes("no-store")) this.#fail("H2", `${status} may be kept: ${control}`);
    if (this.#asked.type !== "s" && this.#keptS > 1) this.#fail("H2", `it may be kept for ${this.#keptS} s`);
    if (FOLLOWING.includes(this.#asked.type) && status === 200 && this.#keptS > 0) this.#checkMayBeKept();
    if (this.#asked.type === "s" && status === 302 && this.#keptS > 0) this.#fail("H1", "the way on may be kept");
    if (this.#asked.type === "snapshot" && status === 302) this.#checkWay(head);
  }

  #checkMayBeKept(): void {
    if (this.#asked.isCheck) this.#fail("D2", "the answer to a check may be kept");
    if (this.#world.beaconMs < KEPT_FROM_BEACON_MS) this.#fail("H2", "it may be kept, and beacons are frequent");
  }

  get #keptS(): number {
    const control = (this.#head === null ? null : headerOf(this.#head, "Cache-Control")) ?? "";
    if (control.includes("no-store")) return 0;
    return Math.max(0, ...[...control.matchAll(/(?:s-maxage|max-age)=(\d+)/g)].map(([, seconds]) => Number(seconds)));
  }

  /** By rule H1 the way leads to a snapshot at or above the version that was asked for. */
  #checkWay(head: SimHead): void {
    const { position } = askedFor(new URL(headerOf(head, "Location") ?? "", "http://sim/x/"));
    if (position === null) return this.#fail("H1", "it leads nowhere");
    // The space may have ended since it was asked for, and another one may have its name.
    if (this.#world.momentAt(position) === null)
      this.#fail("A1", `it leads to ${position.version}, which is not durable`);
    if (position.version < Math.min(this.#asked.atLeast, this.#headAtStart))
      this.#fail("H1", `it leads to ${position.version}`);
  }

  /** `offsetMs` is null in an answer that comes whole. */
  wrote(texts: readonly string[], offsetMs: number | null): void {
    if (this.#head?.status !== 200) return;
    if (offsetMs !== null) this.#checkOffset(offsetMs);
    if (this.#asked.type === "s") return this.#checkState(texts);
    for (const text of texts) this.#message(new WireMessage(text, false, 0));
  }

  /** By rule H4 the id of an event says when it was written. */
  #checkOffset(offsetMs: number): void {
    const passed = this.#world.now() - this.#startedAt;
    if (offsetMs < this.#offsetMs || Math.abs(offsetMs - passed) > 1)
      this.#fail("H4", `after ${passed} ms it says ${offsetMs}`);
    this.#offsetMs = offsetMs;
    if (passed > STREAM_MS + 1) this.#fail("H4", `it goes on for ${passed} ms`);
  }

  /** The space may end by the very group that an answer tells of. */
  get #followed(): History | null {
    const { position } = this.#asked;
    return position === null ? null : this.#world.history(position.space);
  }

  #message(message: WireMessage): void {
    const { type, version, head, isResume, text } = message;
    const durable = this.#followed?.head.version ?? 0;
    if (head > durable) this.#fail("A1", `it tells of version ${head}, and ${durable} is durable`);
    this.#messages += 1;
    if (this.#messages === 1) this.#first(isResume, version);
    else if (type === "delta") {
      const from = Number.parseInt(text.slice('{"type":"delta","from":'.length), 10);
      if (from !== this.#version) this.#fail("H2", `a delta from ${from} stands at ${this.#version}`);
      this.#version = version;
    } else if (type !== "sync") this.#fail("H2", `it brings a message of type ${type}`);
    else if (version !== this.#version) this.#fail("H2", `at ${this.#version} a sync says ${version}`);
    this.#lastHasDigest = type === "sync" && text.includes('"digest":');
  }

  /** An answer begins as a resumed connection does, at the version in the address, and only where that is history. */
  #first(isResume: boolean, version: number): void {
    if (!isResume || version !== this.#version) this.#fail("H2", `it begins with ${version}, and not with the facts`);
    const today = this.#followed?.moments[version];
    if (this.#claimed === null || today !== this.#claimed) this.#fail("E3", "it goes on from another history");
  }

  ended(): void {
    if (this.#head?.status !== 200 || this.#asked.type !== "t") return;
    if (!this.#lastHasDigest) this.#fail("H2", "it does not end with a digest");
  }

  /** By rule H1 the bytes at an address are those of its version, for ever. */
  #checkState(texts: readonly string[]): void {
    const { position } = this.#asked;
    const text = texts.join("");
    const before = this.#world.statesGiven.get(this.#at);
    this.#world.statesGiven.set(this.#at, shortHash(text));
    if (before !== undefined && before !== shortHash(text)) this.#fail("H1", "it has other bytes than before");
    if (before !== undefined || position === null) return;
    const full = JSON.parse(text) as FullState;
    const { epoch, space, version } = full;
    if (epoch !== position.epoch || space !== position.space || version !== position.version)
      this.#fail("H1", `it holds the state at ${epoch} ${space} ${version}`);
    const moment = this.#world.momentAt(position);
    if (moment === null) return this.#fail("A1", "it holds what was never durable");
    const where = difference(stateFrom(full.payload), moment.state);
    if (where !== null) this.#fail("H1", `it has another ${where}`);
  }
}

export interface AnswerAuditWorld {
  readonly report: Report;
  readonly isPublic: boolean;
  readonly beaconMs: number;
  /** It holds a number of the bytes that were given at an address first. */
  readonly statesGiven: Map<string, string>;
  now(): number;
  momentAt(position: Position): HistoryMoment | null;
  /** It returns the version of the space, as the authority has it. */
  head(): number;
  /** It returns what is durable of the space with that creation id, or null when there is none. */
  history(creationId: string): History | null;
}

interface AskedFor {
  readonly type: "snapshot" | "s" | "t" | "live";
  readonly position: Position | null;
  readonly atLeast: number;
  readonly isCheck: boolean;
}

interface FullState extends Position {
  readonly payload: Readonly<Record<string, readonly StateRecord[]>>;
}

/** Others are for whoever asks now. */
const KEEPABLE: readonly number[] = [200, 302, 304, 410];
const FOLLOWING: readonly string[] = ["t", "live"];
const STREAM_MS = 55_000;
const KEPT_FROM_BEACON_MS = 15_000;

function askedFor({ pathname, searchParams }: URL): AskedFor {
  const [, type = "snapshot", space = "", epoch = "", version = ""] =
    /\/(s|t|live)\/([^/]+)\/([^/]+)\/(\d+)$/.exec(pathname) ?? [];
  const position =
    space === ""
      ? null
      : { space: decodeURIComponent(space), epoch: decodeURIComponent(epoch), version: Number(version) };
  const isCheck = searchParams.has("check");
  return {
    type: type as AskedFor["type"],
    position,
    atLeast: Number(searchParams.get("atLeast") ?? 0),
    isCheck,
  };
}

function stateFrom(payload: FullState["payload"]): Readonly<Record<string, ReadonlyMap<string, StateRecord>>> {
  return Object.fromEntries(
    Object.entries(payload).map(([name, records]) => [name, new Map(records.map((record) => [record.id, record]))]),
  );
}
