/**
 * An authority over SQLite runs as a process of its own, for callers whose answers are judged. It has registers that are swapped
 * and read, and counters that are raised under a key: `node --conditions=source register-authority.ts DATABASE PORT`.
 */

import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { collection, defineModel, type JsonValue, put, type StateOf, SyncError } from "@neverstale/protocol";
import { StateManager, serveSync } from "@neverstale/server";
import type { Input } from "@neverstale/sim";
import { sqliteStore } from "@neverstale/store-sqlite";

const model = defineModel({
  model: 1,
  collections: { registers: collection(null) },
  changes: { register_set: put("registers") },
});

export type RegisterState = StateOf<typeof model>;

/** A call gets this answer. */
export interface Told {
  readonly output: JsonValue;
  /** The effect of the call is here. Null stands for a read. */
  readonly position: { readonly epoch: string; readonly version: number } | null;
}

if (import.meta.main) await main(process.argv[2] ?? "", Number(process.argv[3]));

async function main(database: string, port: number): Promise<void> {
  const onFailure = () => process.exit(70);
  // So little of the log is kept that trimming and folds go on all the time.
  const store = sqliteStore(database, { retention: { logChanges: 50 } });
  const manager = await StateManager.open({ model, store, onFailure, limits: { foldMs: 20 } });
  const http = createServer((request, response) => {
    carryOut(request).then(
      (told) => response.end(JSON.stringify(told)),
      (error: unknown) => response.writeHead(statusOf(error)).end(),
    );
  });
  serveSync(http, { manager: manager as unknown as StateManager, beaconMs: 1_000 });
  http.listen(port, "127.0.0.1", () => console.log(`listening on ${(http.address() as AddressInfo).port}`));

  async function carryOut(request: IncomingMessage): Promise<Told> {
    const input = JSON.parse((await request.toArray()).join("")) as Input;
    if (input.do === "swap") return swap(input.object, input.value);
    if (input.do === "add") return add(input.object, input.key);
    return { output: valueIn(manager.state, input), position: null };
  }

  async function swap(object: string, value: JsonValue): Promise<Told> {
    let before: JsonValue = null;
    const { epoch, version } = await manager.transact((state) => {
      before = valueIn(state, { object, do: "read" });
      return [{ type: "register_set", target: object, data: { value } }];
    });
    return { output: before, position: { epoch, version } };
  }

  async function add(object: string, key: string): Promise<Told> {
    const decide = (state: RegisterState) => {
      const count = (valueIn(state, { object, do: "count" }) as number) + 1;
      return { changes: [{ type: "register_set" as const, target: object, data: { value: count } }], answer: count };
    };
    const options = { key: { id: `${object} ${key}`, bodyHash: "add" } };
    const { answer, epoch, version } = await manager.transact(decide, options);
    return { output: answer, position: { epoch, version } };
  }
}

/** Returns what a state says of a register or counter. There may be no record of it yet. */
export function valueIn(state: RegisterState, { object, do: what }: Pick<Input, "object" | "do">): JsonValue {
  return state.registers.get(object)?.value ?? (what === "count" ? 0 : null);
}

/** 503 says that nothing was stored, and 500 that nobody knows. */
function statusOf(error: unknown): number {
  return error instanceof SyncError && error.code !== "outcome_unknown" ? 503 : 500;
}
