import {
  type ClientMessage,
  type Diff,
  digestOf,
  type Lineage,
  type Position,
  type ServerMessage,
  type StateRecord,
} from "@neverstale/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { BEACON_MS, full, MachineRig } from "./machine/machine-rig-suite.ts";
import { nextWake } from "./machine/transition.ts";

type Hosts = ReadonlyMap<string, StateRecord>;

/** The authority as a list of states: what is at version N is the N-th entry, under every epoch that holds it. */
class ModelAuthority {
  states: Hosts[] = [new Map()];
  runs: { readonly epoch: string; last: number }[] = [{ epoch: "e1", last: 0 }];
  space = 1;
  /** Everything that was ever true: by epoch, space and version. */
  readonly truth = new Map<string, Hosts>();
  #epochs = 1;

  constructor() {
    this.#remember();
  }

  get head(): number {
    return this.states.length - 1;
  }

  get epoch(): string {
    return this.runs.at(-1)?.epoch ?? "";
  }

  get lineage(): Lineage {
    return this.runs.map(({ epoch, last }) => [epoch, last] as const);
  }

  commit(id: string, cpu: number | null): void {
    const next = new Map(this.states.at(-1));
    if (cpu === null) next.delete(id);
    else next.set(id, { id, cpu, ...(cpu % 2 === 0 ? { note: `even ${cpu}` } : {}) });
    this.states.push(next);
    (this.runs.at(-1) as { last: number }).last = this.head;
    this.#remember();
  }

  restart(): void {
    this.runs.push({ epoch: `e${++this.#epochs}`, last: this.head });
    this.#remember();
  }

  /** Everything after `version` never happened. */
  restore(version: number): void {
    this.states.length = version + 1;
    this.runs = this.runs.filter(({ last }) => last <= version);
    this.restart();
  }

  recreate(): void {
    this.space++;
    this.states = [new Map()];
    this.restart();
    this.runs = this.runs.slice(-1);
  }

  mayResume({ epoch, space, version }: Position): boolean {
    const run = this.runs.find((one) => one.epoch === epoch);
    return space === `c${this.space}` && run !== undefined && version <= run.last && version <= this.head;
  }

  diff(from: number): Diff {
    const [before, after] = [this.states[from] as Hosts, this.states[this.head] as Hosts];
    const put: StateRecord[] = [];
    const set: Record<string, Record<string, number | string>> = {};
    const unset: Record<string, string[]> = {};
    for (const [id, record] of after) {
      const old = before.get(id);
      if (old === undefined) put.push(record);
      else if (old !== record) {
        set[id] = { cpu: record.cpu as number, ...(record.note === undefined ? {} : { note: record.note as string }) };
        if (old.note !== undefined && record.note === undefined) unset[id] = ["note"];
      }
    }
    return { hosts: { put, set, unset, remove: [...before.keys()].filter((id) => !after.has(id)) } };
  }

  #remember(): void {
    this.states.forEach((state, version) => {
      this.truth.set(`${this.epoch} c${this.space} ${version}`, state);
    });
  }
}

/** One connection of the authority, and what is on its way to the replica. */
interface Line {
  cursor: number;
  readonly flying: ServerMessage[];
}

const id = fc.constantFrom("a", "b", "c", "d");
const which = fc.nat({ max: 5 });
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("commit" as const), id, cpu: fc.option(fc.nat({ max: 9 })) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("pump", "beacon", "answer"), lost: fc.boolean() }) },
  { weight: 10, arbitrary: fc.record({ do: fc.constantFrom("deliver", "repeat", "lose"), which }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(100, 1_000, 20_000, 70_000) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("cut", "wake", "restart", "recreate") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restore" as const), back: fc.nat({ max: 4 }) }) },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

/** The replica, the authority and a network that the actions make bad. */
class World {
  readonly authority = new ModelAuthority();
  readonly replica = new MachineRig();
  line: Line | null = null;
  asked: ClientMessage[] = [];
  #seen = 0;
  #highest = new Map<string, number>();

  constructor() {
    this.replica.input({ type: "start", user: null });
    this.serve();
  }

  act(next: Action): void {
    switch (next.do) {
      case "commit":
        this.authority.commit(next.id, next.cpu);
        break;
      case "pump":
        this.pump();
        break;
      case "beacon":
        this.send(this.beacon());
        break;
      case "answer":
        this.answer("lost" in next && next.lost);
        break;
      case "deliver":
      case "repeat":
      case "lose":
        this.deliver(next.do, "which" in next ? next.which : 0);
        break;
      case "pass":
        this.pass(next.ms);
        break;
      case "cut":
        this.cut();
        break;
      case "wake":
        this.replica.input({ type: "awake" });
        break;
      case "restart":
        this.authority.restart();
        this.cut();
        break;
      case "recreate":
        this.authority.recreate();
        this.cut();
        break;
      case "restore":
        this.authority.restore(Math.max(0, this.authority.head - next.back));
        this.cut();
        break;
    }
    this.serve();
    this.check();
  }

  /** From here on nothing is lost, repeated or late: frames arrive at once, in order. */
  heal(ms: number): void {
    this.cut();
    const until = this.replica.now + ms;
    for (let beaconAt = this.replica.now; this.replica.now < until; ) {
      this.serve();
      this.answer(false);
      this.pump();
      if (this.replica.now >= beaconAt) {
        this.send(this.beacon());
        beaconAt = this.replica.now + BEACON_MS;
      }
      while (this.line !== null && this.line.flying.length > 0) this.deliver("deliver", 0);
      this.check();
      this.pass(Math.min(1_000, until - this.replica.now));
    }
  }

  /** Opens what the replica dials, and takes what it says. */
  serve(): void {
    for (; this.#seen < this.replica.effects.length; this.#seen++) {
      const effect = this.replica.effects[this.#seen];
      if (effect?.type === "close_socket") this.line = null;
      if (effect?.type === "send" && this.line !== null) this.asked.push(effect.message);
      if (effect?.type === "open_socket") this.accept(effect.resume);
    }
  }

  accept(resume: Position | null): void {
    const { authority } = this;
    this.asked = [];
    this.replica.input({ type: "opened", socket: this.replica.state.socket });
    if (resume === null || !authority.mayResume(resume)) {
      this.line = { cursor: authority.head, flying: [this.fullState("init")] };
      return this.send(this.beacon());
    }
    const { epoch, lineage, head } = authority;
    const resumed = { epoch, space: `c${authority.space}`, model: 1, beaconMs: BEACON_MS, lineage };
    this.line = { cursor: resume.version, flying: [{ type: "sync", version: resume.version, head, resumed }] };
    if (resume.version === head) this.send(this.beacon());
  }

  fullState(type: "init" | "full_state"): ServerMessage {
    const { epoch, head, lineage, space, states } = this.authority;
    return full(head, { type, epoch, space: `c${space}`, lineage, hosts: [...(states[head] as Hosts).values()] });
  }

  beacon(check?: number): ServerMessage {
    const { head, states } = this.authority;
    const version = this.line?.cursor ?? 0;
    const digest = version === head ? { digest: digestOf({ hosts: states[head] as Hosts }) } : {};
    return { type: "sync", version, head, ...digest, ...(check === undefined ? {} : { check }) };
  }

  pump(): void {
    const { line, authority } = this;
    if (line === null || line.cursor === authority.head) return;
    this.send({ type: "delta", from: line.cursor, version: authority.head, payload: authority.diff(line.cursor) });
    line.cursor = authority.head;
    this.send(this.beacon());
  }

  send(message: ServerMessage): void {
    this.line?.flying.push(message);
  }

  answer(lost: boolean): void {
    const asked = this.asked;
    this.asked = [];
    for (const message of lost || this.line === null ? [] : asked) {
      if (message.type === "check") this.send(this.beacon(message.n));
      if (message.type === "get_state") {
        (this.line as Line).cursor = this.authority.head;
        this.send(this.fullState("full_state"));
        this.send(this.beacon());
      }
    }
  }

  deliver(how: "deliver" | "repeat" | "lose", which: number): void {
    const flying = this.line?.flying ?? [];
    if (flying.length === 0) return;
    const at = which % flying.length;
    const message = flying[at] as ServerMessage;
    if (how !== "repeat") flying.splice(at, 1);
    if (how !== "lose") this.replica.receive(message);
  }

  pass(ms: number): void {
    const until = this.replica.now + ms;
    for (;;) {
      const wake = nextWake(this.replica.state, this.replica.now);
      if (wake === null || wake > until) break;
      this.replica.now = Math.max(wake, this.replica.now);
      this.replica.input({ type: "woke" });
      this.serve();
    }
    this.replica.now = until;
  }

  cut(): void {
    if (this.line === null) return;
    this.line = null;
    this.replica.closed();
  }

  check(): void {
    const { position } = this.replica.state;
    if (position === null) return;
    const { epoch, space, version } = position;
    expect(this.replica.hosts, "[P1]").toEqual(this.authority.truth.get(`${epoch} ${space} ${version}`));
    expect(version, "[E5]").toBeGreaterThanOrEqual(this.#highest.get(`${epoch} ${space}`) ?? 0);
    this.#highest.set(`${epoch} ${space}`, version);
  }
}

test("[P1] [E5] [P2] whatever is lost, repeated, late, cut, restarted or restored: never wrong, never back, level in the end", () => {
  let [resumed, resynced] = [0, 0];
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 80, size: "max" }),
      fc.double({ min: 0, max: 0.99, noNaN: true }),
      (actions, chance) => {
        const world = new World();
        world.replica.chance = chance;

        for (const next of actions) world.act(next);
        world.heal(180_000);

        expect(world.replica.status, "[P2]").toEqual({ type: "live" });
        expect(world.replica.state.position).toEqual({
          epoch: world.authority.epoch,
          space: `c${world.authority.space}`,
          version: world.authority.head,
        });
        resumed += world.replica.effects.filter(({ type }) => type === "open_socket").length - 1;
        resynced += Object.values(world.replica.state.counters.resyncs).reduce((sum, count) => sum + count, 0);
      },
    ),
    { numRuns: 300 },
  );
  expect(Math.min(resumed, resynced), "the bad network was bad").toBeGreaterThan(100);
});

test("[P2] after a cut the replica is level within one backoff, without a full state", () => {
  const world = new World();
  world.heal(2_000);
  world.cut();
  for (const id of ["a", "b", "c"]) world.authority.commit(id, 1);

  world.heal(2_000);

  expect(world.replica.status).toEqual({ type: "live" });
  expect(world.replica.effects.filter(({ type }) => type === "replace")).toHaveLength(1);
});
