import { StateAnswer } from "@neverstale/fleet-domain";
import { addHash, formatDigest, recordHash, type WireState } from "@neverstale/protocol";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FleetProcess } from "../fleet-process-suite.ts";
import { Liar, type Lie } from "./verify-liar-suite.ts";

const LIMIT_MS = 120_000;
let fleet: FleetProcess;

beforeAll(async () => {
  fleet = new FleetProcess(JSON.stringify({ ops: { nothing: { argv: [process.execPath, "--version"] } } }));
  await fleet.start();
  await fleet.hostId();
}, LIMIT_MS);

afterAll(() => fleet.dispose());

/** What `verify` says about a server that lies so. */
async function verdictOn(
  lie: () => Lie,
  seconds: number,
): Promise<{ readonly status: number | null; readonly out: string }> {
  const liar = await Liar.start(fleet.address, lie);
  try {
    return await fleet.cli("verify", liar.address, "--seconds", String(seconds));
  } finally {
    liar.close();
  }
}

const GHOST = { id: "ghost", hostname: "ghost" };

/** Tells of a host that isn't there, with digests that fit: no replica can find out by itself. */
const consistently: Lie = (message) => {
  const digest = typeof message.digest === "string" ? { digest: withGhost(message.digest) } : {};
  if (message.type !== "init" && message.type !== "full_state") return { ...message, ...digest };
  const state = message.payload as WireState;
  return { ...message, ...digest, payload: { ...state, hosts: [...(state.hosts ?? []), GHOST] } };
};

/** Rule G1: digests are sums. */
function withGhost(digest: string): string {
  const sum = { a: Number.parseInt(digest.slice(0, 8), 16), b: Number.parseInt(digest.slice(8), 16) };
  return formatDigest(addHash(sum, recordHash("hosts", GHOST.id, GHOST)));
}

/** Adds a host to the first delta, once for all connections. */
function once(): () => Lie {
  let told = false;
  return () => (message) => {
    if (told || message.type !== "delta") return message;
    told = true;
    return { ...message, payload: { ...(message.payload as object), hosts: { put: [GHOST] } } };
  };
}

test("[P5] a server that lies all the time is found out by the state it tells over HTTP: status 1, the record named", {
  timeout: LIMIT_MS,
}, async () => {
  const { status, out } = await verdictOn(() => consistently, 1);

  expect(out).toMatch(/ 0 differed\ndiffers: hosts\/ghost\n {2}replica {3}\{.*\}\n {2}authority null\nDIFFERS\n$/);
  expect(status).toBe(1);
});

test("[P5] a server that lied once is found out by its own digest, though it was healed: status 1, the record named", {
  timeout: LIMIT_MS,
}, async () => {
  const { status, out } = await verdictOn(once(), 8);

  expect(out).toMatch(/diverged \(digest\), healed at v\d+: 1 records, hosts\/ghost\n/);
  expect(status).toBe(1);
});

test("what is reported is the version that was compared", { timeout: LIMIT_MS }, async () => {
  const now = async () => StateAnswer.parse(await (await fleet.session()).getJson("/api/state"));
  const before = await now();

  const { status, out } = await fleet.cli("verify", fleet.address, "--seconds", "1", "--json");
  const after = await now();

  const { equal, epoch, version, digest } = JSON.parse(out);
  expect({ status, equal, epoch }).toEqual({ status: 0, equal: true, epoch: before.epoch });
  expect(version).toBeGreaterThanOrEqual(before.version);
  expect(version).toBeLessThanOrEqual(after.version);
  if (version === after.version) expect(digest).toBe(after.digest);
});
