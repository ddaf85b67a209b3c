import { beforeEach, expect, test } from "vitest";
import { added, model, NodeWorld, type TestNode } from "../node-world-suite.ts";
import { DIGESTS_PER_MESSAGE, type ToldDigests } from "./digest-telling.ts";
import type { NodeDivergence } from "./divergences.ts";

const INTERVAL_MS = 31_000;

let world: NodeWorld;
let told: NodeDivergence[];

beforeEach(() => {
  world = new NodeWorld();
  told = [];
});

async function two(given = {}): Promise<[TestNode, TestNode]> {
  const options = { ...given, link: true, onDivergence: (divergence: NodeDivergence) => void told.push(divergence) };
  return [await world.start("one:80", options), await world.start("two:80", options)];
}

/** The next entry that is pushed comes as another one than was stored. */
function damageNextPush(from: string, to: string): void {
  world.links.onPush = (entry, node) => {
    world.links.onPush = (next, other) => other.receive(next);
    node.receive(JSON.parse(JSON.stringify(entry).replaceAll(from, to)));
  };
}

/** The records of two nodes may be in another order. */
function contentOf({ manager }: TestNode) {
  const { version, digest } = manager.capture();
  return { version, digest };
}

const hostsOf = ({ manager }: TestNode) => [...(manager.state.hosts?.keys() ?? [])].sort();
const roles = (...nodes: TestNode[]) => nodes.map(({ manager }) => manager.node?.role);

test("[N10] a node whose memory was damaged finds it out by what the writer tells, reads everything anew, and names the records", async () => {
  const [one, other] = await two();
  await world.done(one.manager.apply(added("web-1", { cpu: 1 })));
  damageNextPush("web-2", "web-9");
  await world.done(one.manager.apply(added("web-2", { cpu: 2 })));
  await world.done(one.manager.apply({ type: "host_updated", target: "web-1", data: { cpu: 3 } }));
  expect(hostsOf(other)).toEqual(["web-1", "web-9"]);

  await world.pass(INTERVAL_MS);

  expect(contentOf(other)).toEqual(contentOf(one));
  expect(other.manager.node).toMatchObject({ isServing: true });
  const first = ["web-2", "web-9"].map((id) => ({ collection: "hosts", id }));
  expect(told).toEqual([{ whose: "own", space: "main", version: 3, records: 2, first }]);
  expect(other.manager.metrics()).toMatchObject({
    node_divergences_total: 1,
    node_divergent_records_total: 2,
    node_writer_divergences_total: 0,
    history_lost_total: 0,
  });
});

test("[N10] nodes that hold the same are left alone, while changes come and when none do", async () => {
  const [one, other] = await two();
  for (let n = 0; n < 400; n += 1) {
    one.manager.apply(added(`web-${n % 7}`, { n })).catch(() => {});
    await world.pass(n % 3 === 0 ? 997 : 3);
  }
  await world.pass(2 * INTERVAL_MS);

  expect(told).toEqual([]);
  expect(other.manager.metrics().reloads_total).toBe(0);
});

test("[N10] where what is stored agrees with the node and not with the writer, the node takes over, and the other one mends itself", async () => {
  const [one, other] = await two({ limits: { foldMs: 3_600_000 } }); // What a writer folds is what is stored.
  await world.done(one.manager.takeOver());
  damageNextPush("web-1", "web-9");
  await world.done(one.manager.apply(added("web-1")));
  await world.done(other.manager.takeOver());
  expect(roles(one, other)).toEqual(["follower", "writer"]);
  await world.done(other.manager.apply(added("web-2")));
  expect(hostsOf(other)).toEqual(["web-2", "web-9"]);

  await world.pass(INTERVAL_MS + 5_000);
  expect(roles(one, other)).toEqual(["writer", "follower"]);
  await world.done(one.manager.apply(added("web-3")));

  expect(contentOf(other)).toEqual(contentOf(one));
  expect(hostsOf(other)).toEqual(["web-1", "web-2", "web-3"]);
  expect(told).toMatchObject([{ whose: "writer" }, { whose: "own", records: 2 }]);
});

test("[N10] [B87] a node does not read everything anew again and again, whatever it is told", async () => {
  const [one, other] = await two();
  world.links.onDigests = (wrong) => ({
    ...wrong,
    digests: wrong.digests.map((digest) => ({ ...digest, digest: "0000000000000000" })),
  });
  for (let n = 0; n < 10; n += 1) {
    await world.done(one.manager.apply(added(`web-${n}`)));
    await world.pass(INTERVAL_MS);
  }

  expect(other.manager.metrics().reloads_total).toBe(1);
});

test("[N10] what is told of another version, of another branch, or of a space that is not there, says nothing", async () => {
  const [one, other] = await two();
  await world.done(one.manager.apply(added("web-1")));
  await world.pass(300);
  const { creationId } = one.manager.space("main") ?? { creationId: "" };
  const place = (await world.chain()).at(-1) ?? { sequence: 0, term: "" };
  const wrong = { space: "main", creationId, version: 1, digest: "0000000000000000" };
  const say = (message: ToldDigests) => world.links.tell(message);

  say({ place, digests: [{ ...wrong, version: 0 }] });
  say({ place, digests: [{ ...wrong, creationId: "another" }] });
  say({ place, digests: [{ ...wrong, space: "elsewhere" }] });
  say({ place: { ...place, term: "elsewhere" }, digests: [wrong] });
  say({ place: { ...place, sequence: place.sequence + 1 }, digests: [wrong] });
  await world.pass(1_000);

  expect(other.manager.metrics().reloads_total).toBe(0);
});

test("[N10] [B86] a message names so many spaces at most, and all that moved are told in several", async () => {
  const messages: number[] = [];
  const options = { link: true, spaces: { "out/": model } };
  const [one] = [await world.start("one:80", options), await world.start("two:80", options)];
  world.links.onDigests = (message) => {
    messages.push(message.digests.length);
    return message;
  };
  const names = Array.from({ length: DIGESTS_PER_MESSAGE + 44 }, (_, n) => `out/${n}`);
  await world.done(
    one.manager.transact((_, tx) => {
      for (const name of names) tx.add(name, [added("a")]);
      return [];
    }),
  );

  await world.pass(INTERVAL_MS + 3_000);
  expect(messages).toEqual([DIGESTS_PER_MESSAGE, 45]);
  await world.pass(2 * INTERVAL_MS);
  expect(messages).toHaveLength(2);
});
