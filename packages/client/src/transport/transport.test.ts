import { encodeMessage, type ServerMessage, SyncError } from "@neverstale/protocol";
import { describe, expect, test } from "vitest";
import { FakeEnvironment } from "../environment/fake-environment-suite.ts";
import { delta, full } from "../machine/machine-rig-suite.ts";
import { Replica } from "../replica.ts";
import type { ClientConnection, ConnectionEvents, ConnectionOpening, Transport } from "./transport.ts";

/** A way to the authority that is no socket: what it has to say lies there until somebody fetches it. */
class Mailbox implements Transport {
  readonly openings: ConnectionOpening[] = [];
  readonly said: unknown[] = [];
  readonly letters: ServerMessage[] = [];
  closed: number | null = null;
  #events: ConnectionEvents | null = null;

  connect(opening: ConnectionOpening, events: ConnectionEvents): ClientConnection {
    this.openings.push(opening);
    this.#events = events;
    return {
      send: (message) => this.said.push(message),
      close: (code) => {
        this.closed = code;
      },
    };
  }

  answer(): void {
    this.#events?.opened();
  }

  /** One answer of a poll holds several frames. */
  fetch(): void {
    for (const letter of this.letters.splice(0)) this.#events?.received(encodeMessage(letter));
  }

  cut(): void {
    this.#events?.closed(1006);
  }
}

describe("a replica follows over any transport", () => {
  function following() {
    const io = new FakeEnvironment();
    const transport = new Mailbox();
    const sync = new Replica<{ hosts: ReadonlyMap<string, { id: string }> }>({ url: "/sync", io, transport });
    transport.answer();
    transport.letters.push(full(5, { hosts: [{ id: "web-1" }] }));
    transport.fetch();
    transport.letters.push({ type: "sync", version: 5, head: 5, digest: sync.digest() });
    transport.fetch();
    return { io, transport, sync };
  }

  test("which gives frames and takes messages", async () => {
    const { io, transport, sync } = following();

    transport.letters.push(delta(5, 6, { hosts: { put: [{ id: "web-2" }] } }), delta(6, 7));
    transport.fetch();
    await io.pass(250);

    expect(sync.status).toEqual({ type: "live" });
    expect([...sync.state.hosts.keys()]).toEqual(["web-1", "web-2"]);
    expect(transport.said).toEqual([{ type: "ack", n: 4 }]);
    expect(io.sockets).toEqual([]);
  });

  test("[E4] and is asked to resume where the replica is", async () => {
    const { io, transport, sync } = following();

    transport.cut();
    await io.pass(1_000);
    sync.stop();

    expect(transport.openings.map(({ resume }) => resume)).toEqual([null, { epoch: "e1", space: "c1", version: 5 }]);
    expect(transport.closed).toBe(1000);
  });

  test("one that can't even try is told to who made it the first time, and is a failed attempt later", async () => {
    const { io, transport, sync } = following();
    transport.connect = () => {
      throw new SyncError("unreachable", "no such way");
    };

    transport.cut();
    await io.pass(1_000);

    expect(() => new Replica({ url: "/sync", io, transport })).toThrow("no such way");
    expect(sync.status).toMatchObject({ type: "connecting", attempt: 3 });
  });
});
