import { createHash } from "node:crypto";
import {
  DispatchAnswer,
  DispatchRequest,
  PipelineAnswer,
  type PipelineOffer,
  PipelineOffers,
  PipelineRequest,
  ReachedAnswer,
} from "@neverstale/fleet-domain";
import { canonicalJson, type JsonObject, type JsonValue } from "@neverstale/protocol";
import type { TransactOptions } from "@neverstale/server";
import { PIPELINES } from "../catalogue.ts";
import { cancelById, cancelPipeline, dispatch, dispatchPipeline, type IdFor } from "../dispatch.ts";
import { Refusal } from "../problem.ts";
import { type Answer, type Ask, param, type Route, userOf, withBody } from "./route.ts";
import { derivedId } from "./secrets.ts";
import type { Server } from "./server.ts";

export function dispatchRoutes(server: Server): Route[] {
  return [
    withBody({
      method: "POST",
      path: "/api/dispatch",
      allow: "operator",
      body: DispatchRequest,
      answer: DispatchAnswer,
      answerStatus: 202,
      handle: async (ask) => {
        const { key, idFor } = once(server, ask, "/api/dispatch");
        const { applied, result } = await server.transactOnce(
          key,
          (work) => dispatch(work, ask.body, userOf(ask).user, idFor) as Stored<"commands">,
        );
        return accepted<DispatchAnswer>({ commands: result, epoch: applied.epoch, version: applied.version });
      },
    }),
    withBody({
      method: "POST",
      path: "/api/dispatch/pipeline",
      allow: "operator",
      body: PipelineRequest,
      answer: PipelineAnswer,
      answerStatus: 202,
      handle: async (ask) => {
        const { key, idFor } = once(server, ask, "/api/dispatch/pipeline");
        const { applied, result } = await server.transactOnce(key, (work) =>
          dispatchPipeline(work, ask.body, userOf(ask).user, idFor),
        );
        return accepted<PipelineAnswer>({ ...result, epoch: applied.epoch, version: applied.version });
      },
    }),
    {
      method: "GET",
      path: "/api/pipelines",
      allow: "viewer",
      answer: PipelineOffers,
      handle: () => ({
        body: [...PIPELINES].map(([name, stages]) => ({ name, stages: [...stages] })) satisfies PipelineOffer[],
      }),
    },
    {
      method: "POST",
      path: "/api/commands/:id/cancel",
      allow: "operator",
      answer: ReachedAnswer,
      answerStatus: 202,
      handle: async (ask) =>
        reached(await server.transact((work) => cancelById(work, param(ask, "id"), userOf(ask).user))),
    },
    {
      method: "POST",
      path: "/api/pipelines/:id/cancel",
      allow: "operator",
      answer: ReachedAnswer,
      answerStatus: 202,
      handle: async (ask) =>
        reached(await server.transact((work) => cancelPipeline(work, param(ask, "id"), userOf(ask).user))),
    },
  ];
}

/** A list of plain records is JSON; the compiler wants it said. */
type Stored<K extends keyof DispatchAnswer> = DispatchAnswer[K] & JsonValue;

function accepted<T>(body: T): Answer {
  return { status: 202, body };
}

function reached({ applied }: { readonly applied: { readonly epoch: string; readonly version: number } }): Answer {
  return accepted({ epoch: applied.epoch, version: applied.version });
}

/** Rule D1: keys are per user and route; with a key the ids follow from it, so that nothing can run twice. */
function once(server: Server, ask: Ask<unknown>, route: string): { key: TransactOptions["key"]; idFor: IdFor } {
  const key = ask.request.headers["idempotency-key"];
  if (key === undefined) {
    const unique = server.moment().newId();
    return { key: undefined, idFor: (part) => derivedId(unique, part) };
  }
  if (typeof key !== "string" || !/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw new Refusal("bad_request", "Idempotency-Key is 1 to 200 visible ASCII characters");
  }
  const { user } = userOf(ask);
  const { totp: _, ...meant } = ask.body as JsonObject; // A code is fresh at each repeat and alters nothing that is asked.
  const bodyHash = createHash("sha256").update(canonicalJson(meant)).digest("hex");
  return { key: { id: `${user} ${route} ${key}`, bodyHash }, idFor: (part) => derivedId(user, route, key, part) };
}
