/** The authority's route of mutations: the real service, without a server below it. */

import type { StateManager } from "@neverstale/server";
import { MutationService, problemDocument } from "@neverstale/server/http";
import type { SimAnswer, SimRequest } from "../../network/http.ts";
import type { mainModel } from "../../plan/models.ts";
import type { Surroundings } from "../surroundings.ts";

export const MUTATIONS_PATH = "/mutations";

export function mutationsOf(world: Surroundings, manager: StateManager<typeof mainModel>): MutationService<SimRequest> {
  return new MutationService<SimRequest>(
    {
      manager,
      authorize: ({ client }) => (world.sessions.isSignedIn(client) ? { user: client } : NOT_SIGNED_IN),
      csrf: ({ client }) => world.sessions.tokenOf(client) || null,
    },
    {
      isSameSecret: (a, b) => a === b,
      csrfHint: "",
      report: (error) => world.fail("crash", `the mutations report ${String(error)}`),
    },
  );
}

/** Now and then the authority is busy, or a proxy before it cannot reach it. */
export async function answerMutations(process: MutatingProcess, request: SimRequest): Promise<SimAnswer> {
  const { world, mutations } = process;
  if (world.busy !== null) return { status: world.busy, text: BUSY[world.busy] ?? "" };
  if (mutations === null) return { status: 503, text: BUSY[503] };
  const { epoch: before } = process;
  const { status, body } = await mutations.answer({
    request,
    method: request.method,
    whence: { origin: undefined, host: "sim", hasCookie: false, onLoopback: false, overTls: false },
    csrf: request.headers["X-CSRF-Token"] ?? null,
    contentType: request.headers["Content-Type"] ?? "",
    body: async () => request.body ?? "",
  });
  const { epoch: asked } = JSON.parse(request.body ?? "{}") as { readonly epoch?: string };
  const isDecided = "outcomes" in body && body.outcomes.length > 0;
  if (isDecided && asked !== before && asked !== body.epoch)
    world.fail("U9", `what was asked for under the epoch ${asked} is decided in ${before}`);
  return { status, text: JSON.stringify("refuse" in body ? problemDocument(body, body.code) : body) };
}

/** A proxy answers with a page of its own. */
const BUSY: Readonly<Record<429 | 502 | 503, string>> & Readonly<Record<number, string>> = {
  429: JSON.stringify({ code: "too_many_requests" }),
  502: "<html>Bad Gateway</html>",
  503: JSON.stringify({ code: "store_unavailable" }),
};

const NOT_SIGNED_IN = { refuse: 401, code: "not_signed_in", message: "nobody is signed in" };

/** This process answers. */
export interface MutatingProcess {
  readonly world: Surroundings;
  readonly epoch: string;
  readonly mutations: MutationService<SimRequest> | null;
}
