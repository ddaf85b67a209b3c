/**
 * Writes fail once a file has reached a size (ulimit -f): that is an I/O error which needs no tool. As with a failing sync, the
 * process ends.
 */

import assert from "node:assert/strict";
import { until } from "../../engine/authority-process.ts";
import { type Found, main } from "../stage/fault.ts";
import { Ledger } from "../stage/ledger.ts";
import { Stage } from "../stage/stage.ts";

/** A block has 512 bytes. The write-ahead log is the first file to meet the limit. */
const LIMIT_BLOCKS = 1_500;

export async function failingWrites(): Promise<Found> {
  await using stage = new Stage();
  const { authority } = stage;
  const ledger = new Ledger();
  authority.wrapper = ["sh", "-c", `ulimit -f ${LIMIT_BLOCKS}; exec "$@"`, "sh"];
  await authority.start();
  const client = stage.follow();
  await until("the client is live", () => client.status.type === "live");
  await ledger.writeUntilRefused(authority, { writers: 2, note: "x".repeat(2_000) });
  assert.equal(await authority.ended(), 70, "the process ends by itself, and not with 0");
  const shown = client.version;

  authority.wrapper = [];
  await authority.start();
  await stage.level();
  const { version } = await authority.facts();
  assert.ok(version >= shown, "no client had been told of a change that isn't there");
  const did = `no file could grow beyond ${(LIMIT_BLOCKS * 512) / 1024} KiB any more`;
  const seen = `exit code 70; ${version - ledger.acknowledged} unanswered changes were on disk after all`;
  return { did, acknowledged: ledger.acknowledged, recovered: await ledger.recovered(authority), seen };
}

if (import.meta.main) await main(() => failingWrites());
