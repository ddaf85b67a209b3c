/** A component has an effect through functions that stay the same, whichever replica is below them at the time. */

import type { JsonValue, Mutation } from "@neverstale/protocol";
import type { MutateOptions, MutationOutcome } from "../mutations/mutating.ts";
import type { Replica } from "../replica.ts";
import { type RequestOptions, request } from "../requests/request.ts";

export interface Requests {
  /** It sends a request with an effect to a path of the server. */
  readonly request: (path: string, body: JsonValue | undefined, options?: RequestOptions) => Promise<JsonValue>;
  /** It resolves when the effect of an answer is in the shown state (rule D2). */
  readonly reached: Replica["reached"];
}

type Acting = Pick<Replica, "route" | "reached" | "mutate">;

export function requestsOf(replica: () => Acting): Requests {
  return {
    request: async (path, body, options) => request(replica().route(path), body, options),
    reached: (position, options) => replica().reached(position, options),
  };
}

export function mutateOf(replica: () => Acting): Replica["mutate"] {
  return <Args, Answer extends JsonValue>(
    mutation: Mutation<Args, Answer>,
    args: NoInfer<Args>,
    options?: MutateOptions,
  ): Promise<MutationOutcome<Answer>> => replica().mutate(mutation, args, options);
}
