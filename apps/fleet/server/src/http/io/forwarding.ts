/** A request with an effect that came to a node which does not decide changes is forwarded whole to the writer (rule W1). */

import type { IncomingMessage } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";
import { RequestRefusal } from "../../fleet/refusal.ts";
import { decidesHere, type FleetManager } from "../../fleet/state.ts";
import type { FleetNodes } from "../../nodes/io/fleet-nodes.ts";
import { hasEffect, type Route } from "../route.ts";

export class Forwarding {
  readonly #nodes: FleetNodes | null;
  readonly #manager: FleetManager;
  /** It is called with each request before that is forwarded. */
  readonly #prepare: (request: IncomingMessage) => void;

  constructor(nodes: FleetNodes | null, manager: FleetManager, prepare: (request: IncomingMessage) => void) {
    this.#nodes = nodes;
    this.#manager = manager;
    this.#prepare = prepare;
  }

  /** True when another node has forwarded it: it shows the token of this one. */
  isForwarded(request: IncomingMessage): boolean {
    return this.#nodes?.http.isForwarded(request) ?? false;
  }

  /**
   * It resolves with true when the request was answered, as the writer says, or because there is none. `admit` throws for who may
   * not come in, so that such a request costs the writer nothing.
   */
  async answers(route: Route, request: FastifyRequest, reply: FastifyReply, admit: () => void): Promise<boolean> {
    if (this.#nodes === null || !hasEffect(route) || decidesHere(this.#manager)) return false;
    refuseEarly(request, admit);
    this.#prepare(request.raw);
    for (const [name, value] of Object.entries(reply.getHeaders()))
      if (value !== undefined) reply.raw.setHeader(name, value);
    if (!(await this.#nodes.http.forward(request.raw, reply.raw))) return false;
    reply.hijack();
    return true;
  }
}

/** A session or a credential that this node does not know may be newer than what it holds, so the writer says whether it is good. */
function refuseEarly({ headers }: FastifyRequest, admit: () => void): void {
  try {
    admit();
  } catch (error) {
    const showsSomething = headers.cookie !== undefined || headers.authorization !== undefined;
    if (error instanceof RequestRefusal && error.code === "not_signed_in" && showsSomething) return;
    throw error;
  }
}
