/** The authority's HTTP API: a session, dispatch under an idempotency key, an agent's report, and the state. */

import { type Change, isJsonObject, type JsonObject, type StateOf, SyncError } from "@neverstale/protocol";
import type { Applied, Decide, StateManager, Transaction, TransactOptions } from "@neverstale/server";
import { difference } from "../checks/same-state.ts";
import type { SimAnswer, SimRequest } from "../network/http.ts";
import type { mainModel } from "../plan/models.ts";
import { answerMutations, MUTATIONS_PATH, type MutatingProcess } from "./pages/mutations-api.ts";

export async function answerRequest(process: AnsweringProcess, request: SimRequest): Promise<SimAnswer> {
  const { manager, world } = process;
  if (manager === null) return problem(503, "shutting_down");
  if (request.path === MUTATIONS_PATH) return answerMutations(process, request);
  const { client, method, path } = request;
  if (!world.sessions.isSignedIn(client)) return problem(401, "not_signed_in");
  if (path === "/api/session") return json(200, { csrfToken: world.sessions.tokenOf(client) });
  if (path === "/api/state") return readState(process, manager);
  if (method !== "POST") return problem(404, "unknown_route");
  if (!world.sessions.admits(client, request.headers["X-CSRF-Token"] ?? null)) return problem(403, "csrf_failed");
  try {
    return await carryOut(process, request);
  } catch (error) {
    if (error instanceof SyncError) return problem(STATUS[error.code] ?? 500, error.code);
    throw error;
  }
}

type Manager = StateManager<typeof mainModel>;

/** This process answers. */
export interface AnsweringProcess extends MutatingProcess {
  readonly manager: Manager | null;
  newId(): string;
  transact(decide: Decide<StateOf<typeof mainModel>>, options: TransactOptions): Promise<Applied>;
}

const STATUS: Readonly<Record<string, number>> = {
  invalid_change: 422,
  key_reused: 409,
  key_expired: 409,
  store_unavailable: 503,
  shutting_down: 503,
  too_many_requests: 429,
};

async function carryOut(process: AnsweringProcess, request: SimRequest): Promise<SimAnswer> {
  const { world } = process;
  const newId = () => process.newId();
  const key = `${request.client} ${request.path} ${request.headers["Idempotency-Key"]}`;
  const body = JSON.parse(request.body ?? "null") as JsonObject;
  const decide = request.path === "/api/dispatch" ? dispatch(newId, key, body) : report(newId, key, body);
  const applied = await process.transact((_, transaction) => decide(transaction), {
    key: { id: key, bodyHash: request.body ?? "", owner: request.client },
  });
  if (applied.replayed) world.counters.add("replayed_key");
  const { epoch, version, answer } = applied;
  return json(200, { epoch, version, ...(isJsonObject(answer) ? answer : {}) });
}

type Decided = { readonly changes: readonly Change[]; readonly answer: JsonObject };

/** It starts one command on each host, and tells the agents in the same transaction. */
function dispatch(newId: () => string, key: string, body: JsonObject): (transaction: Transaction) => Decided {
  return (transaction) => {
    const hosts = body.hosts as readonly string[];
    const commands = hosts.map((host) => ({ id: newId(), host, status: "running" }));
    for (const { id, host } of commands) {
      transaction.add(`agent/${host}`, [{ type: "task_added", target: "", data: { id, op: body.op ?? "" } }]);
    }
    const changes = commands.map(({ id, host }, index) => {
      const data = { id, host, status: "running", ...(index === 0 ? { key } : {}) };
      return { type: "command_started", target: host, data };
    });
    return { changes, answer: { commands } };
  };
}

/**
 * An agent says that a task is done. The event holds its key, so that it can be seen from outside if it took effect
 * twice.
 */
function report(
  newId: () => string,
  key: string,
  { task, made, host }: JsonObject,
): (transaction: Transaction) => Decided {
  return (transaction) => {
    const space = `agent/${host}`;
    const record = transaction.state(space)?.tasks?.get(task as string);
    const known = record !== undefined && (record.made ?? 0) === made;
    if (known) transaction.add(space, [{ type: "task_removed", target: "", data: { id: task as string } }]);
    const changes = [
      { type: "command_finished", target: "", data: { id: task as string, status: "done" } },
      { type: "event", target: "", data: { id: newId(), text: "done", key } },
    ];
    return { changes, answer: { known } };
  };
}

/** By rule A1 all that `GET /api/state` reads is committed, and of one moment. */
function readState({ world, epoch }: AnsweringProcess, manager: Manager): SimAnswer {
  const { version, collections } = manager.capture();
  const space = manager.space("main")?.creationId ?? "";
  const moment = world.oracle.momentAt({ epoch, space, version });
  if (moment === null) world.fail("A1", `/api/state tells version ${version}, which is not durable`);
  const state = Object.fromEntries(
    collections.map(({ name, records }) => [name, new Map(records.map((record) => [record.id, record]))]),
  );
  const where = moment === null ? null : difference(state, moment.state);
  if (where !== null) world.fail("A6", `/api/state at ${version} has another ${where}`);
  return json(200, { version });
}

function json(status: number, body: JsonObject): SimAnswer {
  return { status, text: JSON.stringify(body) };
}

function problem(status: number, code: string): SimAnswer {
  return json(status, { code, title: code, detail: "", hint: "" });
}
