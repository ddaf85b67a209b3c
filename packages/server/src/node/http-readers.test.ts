import { beforeEach, expect, test } from "vitest";
import { Answered } from "../transport/http/answered-suite.ts";
import { HttpService } from "../transport/http/http-service.ts";
import { added, model, NodeWorld, type TestNode } from "./node-world-suite.ts";

const BEACON_MS = 20_000;

let world: NodeWorld;

beforeEach(() => {
  world = new NodeWorld();
});

async function two(options = {}): Promise<[TestNode, TestNode]> {
  return [await world.start("one:80", options), await world.start("two:80", options)];
}

function serviceOf({ manager }: TestNode) {
  const options = {
    manager,
    beaconMs: BEACON_MS,
    path: (path: string) => path.startsWith("/board"),
    publicSpace: (path: string) => (path === "/board" ? "main" : path.slice("/board/".length)),
  };
  const tools = { isSameSecret: () => false, csrfHint: "" };
  return new HttpService<null>(options, { frames: world.runtime.frames, tools, tellOwner: () => {} });
}

/** It is let in at the next turn. */
async function ask(service: HttpService<null>, path: string): Promise<Answered> {
  const outlet = new Answered();
  const asking = {
    request: null,
    url: new URL(`http://fleet/board/${path}`),
    method: "GET",
    whence: { origin: undefined, host: "fleet", hasCookie: false, onLoopback: false, overTls: false },
    known: undefined,
    address: () => "",
    isGone: false,
    onEnd: () => {},
  };
  expect(service.handle(asking, outlet)).toBe(true);
  await world.pass(0);
  return outlet;
}

function at({ manager }: TestNode, version = manager.version, epoch = manager.epoch): string {
  return `${manager.space("main")?.creationId}/${epoch}/${version}`;
}

/** Whoever can't be judged or served now comes back later, and no cache keeps this answer. */
function expectLater(answer: Answered): void {
  expect([answer.status, answer.cache]).toEqual([503, "no-store"]);
  expect(Number(answer.replied?.headers["Retry-After"])).toBeGreaterThan(0);
}

const checks = ({ messages }: Answered) => messages.filter(({ check }) => check !== undefined);

test("[N4] an answer waits for a confirmation that is at most a second old, since it ends with a digest", async () => {
  const [, other] = await two();
  const service = serviceOf(other);
  other.store.isPaused = true;
  await world.pass(1_500);

  const answer = await ask(service, `t/${at(other)}?wait=0`);
  await world.pass(300);
  expect(answer.status).toBeNull();
  other.store.isPaused = false;
  await world.pass(50);

  expect([answer.status, answer.types]).toEqual([200, ["sync", "sync"]]);
});

test("[N4] [H2] a poll that waits at another node is answered as soon as that node can vouch for the news, and no beacon is needed", async () => {
  const [one, other] = await two({ link: true });
  const service = serviceOf(other);
  await world.pass(1_500);
  const answer = await ask(service, `t/${at(other)}`);

  await world.done(one.manager.apply(added("web-1")), 200);

  expect([answer.status, answer.types]).toEqual([200, ["sync", "delta", "sync"]]);
});

test("[N5] [D2] a check over HTTP is answered behind all that was committed before it was asked, at another node too", async () => {
  const [one, other] = await two();
  const service = serviceOf(other);
  await world.done(one.manager.apply(added("web-1")), 10);
  expect(other.manager.version).toBe(0);

  const [poll, stream] = [
    await ask(service, `t/${at(other)}?check=1`),
    await ask(service, `live/${at(other)}?check=1`),
  ];
  await world.pass(20);

  expect(checks(poll)).toMatchObject([{ check: 1, version: 1 }]);
  expect(stream.events.map(({ message }) => message.check).filter((check) => check !== undefined)).toEqual([1]);
  expect([poll.cache, stream.cache]).toEqual(["no-store", "no-store"]);
});

test("[N6] a position that the node has not heard of is answered once it has, and is never 410 for that", async () => {
  const [one, other] = await two();
  const service = serviceOf(other);
  await world.pass(60);
  await world.done(one.manager.takeOver(), 10);
  await world.done(one.manager.apply(added("web-1")), 10);
  expect(other.manager.epoch).not.toBe(one.manager.epoch);

  const [poll, stream] = [await ask(service, `t/${at(one)}?wait=0`), await ask(service, `live/${at(one)}`)];
  expect([poll.status, stream.status]).toEqual([null, null]);
  await world.pass(20);

  expect([poll.status, stream.status]).toEqual([200, 200]);
  expect(poll.messages[0]).toMatchObject({ version: 1, epoch: one.manager.epoch });
});

test("[N6] [H2] who can't be judged within 2 s is answered with 503, which nobody keeps", async () => {
  const [one, other] = await two();
  const service = serviceOf(other);
  await world.done(one.manager.apply(added("web-1")), 10);
  other.store.isCut = true;

  const answers = [];
  for (const path of [`t/${at(one)}`, `t/${at(one)}?check=1`, `live/${at(one)}`])
    answers.push(await ask(service, path));
  await world.pass(1_900);
  expect(answers.map(({ status }) => status)).toEqual([null, null, null]);
  await world.pass(200);

  for (const answer of answers) expectLater(answer);
});

test("[N6] a position beyond the end of the newest epoch itself is 503 and not 410, since the database has lost its tail", async () => {
  const [, other] = await two();
  const service = serviceOf(other);

  const lost = await ask(service, `t/${at(other, 5)}`);
  const stranger = await ask(service, `t/${at(other, 0, "unheard-of")}`);
  await world.pass(30);

  expectLater(lost);
  expect(stranger.status).toBe(410);
});

test("[N6] [H2] a space that the node has not heard of is 404 only after a confirmation", async () => {
  const [one, other] = await two({ spaces: { "out/": model } });
  const service = serviceOf(other);
  const create = one.manager.transact((_, tx) => {
    tx.createSpace("out/1");
    return [];
  });
  await world.done(create, 10);

  const [there, unknown] = [await ask(service, "out/1/snapshot"), await ask(service, "out/2/snapshot")];
  expect([there.status, unknown.status]).toEqual([null, null]);
  await world.pass(50);

  expect([there.status, unknown.status, unknown.cache]).toEqual([302, 404, "no-store"]);
});

test("[N7] [H2] a node that has not confirmed for 3 s answers all who wait and all who ask with 503, and ends streams", async () => {
  const [, other] = await two({ link: true });
  const service = serviceOf(other);
  const [waiting, stream] = [await ask(service, `t/${at(other)}`), await ask(service, `live/${at(other)}`)];
  await world.pass(100);
  const position = at(other);
  other.store.isCut = true;
  await world.pass(5_100);

  const late = [];
  for (const path of ["snapshot", `t/${position}?wait=0`, `t/${position}?check=1`, `live/${position}`, `t/${position}`])
    late.push(await ask(service, path));

  expect(stream.ended).toBe(true);
  for (const answer of [waiting, ...late]) expectLater(answer);
  other.store.isCut = false;
  await world.pass(1_000);
  const again = await ask(service, `t/${at(other)}?wait=0`);
  await world.pass(50);
  expect(again.types).toEqual(["sync", "sync"]);
});

test("[N9] [H2] a node that reads everything anew answers those who wait with 503, and leads nobody on from what is lost", async () => {
  const [one, other] = await two();
  await world.done(one.manager.apply(added("web-1")), 500);
  const service = serviceOf(other);
  const kept = at(other);
  const image = world.database.dump();
  await world.done(one.manager.apply(added("web-2")), 500);
  const lost = at(other);
  const [waiting, stream] = [await ask(service, `t/${lost}`), await ask(service, `live/${lost}`)];

  one.store.isPaused = true;
  world.database.restore(image);
  await world.pass(500);
  expectLater(waiting);
  expect(stream.ended).toBe(true);
  const meanwhile = [await ask(service, `t/${kept}?wait=0`), await ask(service, `t/${lost}?wait=0`)];
  await world.pass(2_100);
  for (const answer of meanwhile) expectLater(answer);

  await world.pass(5_000);
  expect(other.manager.node).toMatchObject({ isServing: true });
  const [goesOn, isLost] = [await ask(service, `t/${kept}?wait=0`), await ask(service, `t/${lost}?wait=0`)];
  await world.pass(50);
  expect(goesOn.messages[0]).toMatchObject({ version: 1, epoch: other.manager.epoch });
  expect(isLost.status).toBe(410);
});
