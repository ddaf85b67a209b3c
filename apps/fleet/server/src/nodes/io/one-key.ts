/** A node that has another key than the other nodes is not let in, since it would sign everybody out who comes to it. */

import { setTimeout as delay } from "node:timers/promises";
import { SyncError } from "@neverstale/protocol";
import type { ServerKey } from "../../accounts/io/server-key.ts";
import type { Log } from "../../fleet/log.ts";
import { decidesHere, type FleetManager } from "../../fleet/state.ts";
import { StartFailure } from "../../process/start-failure.ts";
import { fingerprintIn, judgeKey, noteFingerprint } from "../shared-key.ts";

/** It resolves once the key is known to be the right one, and throws a `StartFailure` when it is another one. */
export async function requireOneKey({ manager, key, log, now = Date.now }: OneKeyParts): Promise<void> {
  const until = performance.now() + LONGEST_MS;
  for (let isTold = false; ; await delay(LOOK_MS)) {
    const noted = fingerprintIn(manager);
    const listed = manager.node?.listed ?? 0;
    const verdict = judgeKey({ noted, own: key.fingerprint, isWriter: decidesHere(manager), listed });
    if (verdict === "right" || (verdict === "note" && (await note({ manager, key, log, now })))) return;
    if (performance.now() >= until) throw otherKey();
    if (verdict === "wait" && !isTold)
      log.warn("another key was used with this store: this node waits whether the nodes that have it are still there");
    isTold ||= verdict === "wait";
  }
}

/** A node that decides changes later notes the key where nodes of an older release did not. It returns how to stop. */
export function noteKeyInLaterTerms(parts: OneKeyParts): () => Promise<void> {
  const stop = parts.manager.onTerm(() => {
    const noted = fingerprintIn(parts.manager);
    if (noted === null) void note(parts);
    else if (noted !== parts.key.fingerprint)
      parts.log.error("the nodes that share this store have different keys: give all the same --secret-key-file");
    return () => {};
  });
  return async () => stop();
}

export interface OneKeyParts {
  readonly manager: FleetManager;
  readonly key: ServerKey;
  readonly log: Log;
  readonly now?: (() => number) | undefined;
}

/** False means that nothing was noted: the store gives no answer, or the term has ended just now. */
async function note({ manager, key, log, now = Date.now }: OneKeyParts): Promise<boolean> {
  try {
    await manager.transact((_, transaction) => {
      noteFingerprint(transaction, now(), key.fingerprint);
      return [];
    });
    return true;
  } catch (err) {
    if (!(err instanceof SyncError)) throw err;
    log.warn({ err }, "the fingerprint of the nodes' key could not be noted");
    return false;
  }
}

function otherKey(): StartFailure {
  return new StartFailure(
    "this node has another key than the nodes that share its store, so it would know nobody who is signed in there",
    "Give it their key with --secret-key-file, or leave that out where they have none. To change the key, stop all nodes first.",
  );
}

/** The rows of nodes that died are taken away within so long. */
const LONGEST_MS = 20_000;
const LOOK_MS = 100;
