/** Nodes reach each other over http: by one WebSocket from each to each other, and by requests that are forwarded whole. */

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Server as SecureServer } from "node:https";
import { withDefaults } from "../../limits/with-defaults.ts";
import { refuseUpgrade } from "../../transport/websocket/io/refuse-upgrade.ts";
import type { Upgrade } from "../../transport/websocket/io/sockets.ts";
import { addRoute } from "../../transport/websocket/io/upgrade-router.ts";
import { NODE_LINK_LIMITS, NodeLinkCounts, type NodeLinkLimits } from "../link/link-limits.ts";
import type { UnreachableNode } from "../link/reachability.ts";
import type { LinkedNode, MakeNodeLink, NodeLink } from "../node-link.ts";
import { clientAddressIn, ForwardedRequests } from "./forwarded-requests.ts";
import { HttpNodeLink, NOT_OPEN } from "./http-node-link.ts";
import { tokenIn } from "./link-headers.ts";
import type { LinkTls } from "./outgoing-link.ts";

export interface HttpNodesOptions {
  /** Nodes are linked at this path of their addresses. It is the same at all nodes. The default is `/node`. */
  readonly path?: string;
  readonly limits?: Partial<NodeLinkLimits>;
  /** It says who is trusted, and what this node shows of itself, where addresses begin with `https:`. */
  readonly tls?: LinkTls;
  /** It returns the address of a client who came to this node. When it is absent it is that of the socket. */
  readonly addressOf?: (request: IncomingMessage) => string;
  /** It is called when another node could not be dialled for 15 s, for a log. Its address may lead elsewhere. */
  readonly onUnreachable?: (node: UnreachableNode) => void;
}

/** It is made before the node is opened, and serves one node. */
export class HttpNodes {
  readonly #options: HttpNodesOptions;
  readonly #limits: NodeLinkLimits;
  readonly #counts = new NodeLinkCounts();
  readonly #requests: ForwardedRequests;
  #link: HttpNodeLink | null = null;

  constructor(options: HttpNodesOptions = {}) {
    this.#options = options;
    this.#limits = withDefaults(NODE_LINK_LIMITS, options.limits ?? {}, "limits of node links");
    this.#requests = new ForwardedRequests({
      limits: this.#limits,
      counts: this.#counts,
      tls: options.tls ?? {},
      link: () => this.#link,
      addressOf: (request) => this.clientAddressOf(request),
    });
  }

  /** It belongs into `node.link` of `StateManager.open`. */
  readonly link: MakeNodeLink = (node: LinkedNode): NodeLink => {
    const { path = DEFAULT_PATH, tls = {}, onUnreachable: unreachable = () => {} } = this.#options;
    const [limits, counts, requests] = [this.#limits, this.#counts, this.#requests];
    this.#link = new HttpNodeLink(node, { path, tls, limits, counts, unreachable, requests });
    return this.#link;
  };

  /**
   * Other nodes may link to this one over `http`, until the returned function is called. It ends their links, since an http server that
   * is closed waits for all its connections. Call it when all requests have been answered.
   */
  serve(http: Server | SecureServer): () => void {
    const { path = DEFAULT_PATH } = this.#options;
    const removeRoute = addRoute(http, {
      unservedMs: UNSERVED_MS,
      servesClients: false,
      handles: (pathname) => pathname === path,
      serve: (upgrade) => this.#serve(upgrade),
      failed: () => {},
      unserved: () => {},
    });
    return () => {
      removeRoute();
      this.#link?.endIncoming();
    };
  }

  #serve(upgrade: Upgrade): void {
    if (this.#link !== null) return this.#link.answer(upgrade);
    this.#counts.refused += 1;
    refuseUpgrade(upgrade.socket, NOT_OPEN);
  }

  /**
   * Has the writer answer a request with an effect (rule W1), and answers it. It resolves with false when this node is the writer:
   * then the request is as it came, and is to be handled here. The body must not have been read.
   */
  forward(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    return this.#requests.forward(request, response);
  }

  /** It is the address that the first node saw, for a request that another node has forwarded, and else where it came from. */
  clientAddressOf(request: IncomingMessage): string {
    const { addressOf = addressOfSocket } = this.#options;
    return this.isForwarded(request) ? clientAddressIn(request) : addressOf(request);
  }

  /** Another node has forwarded the request: it shows the token of this one. */
  isForwarded(request: IncomingMessage): boolean {
    return tokenIn(request, this.#link?.own ?? null) === "right";
  }
}

export function httpNodes(options?: HttpNodesOptions): HttpNodes {
  return new HttpNodes(options);
}

function addressOfSocket({ socket }: IncomingMessage): string {
  return socket.remoteAddress ?? "";
}

const DEFAULT_PATH = "/node";
/** Where others listen for upgrades too, they may take so long. */
const UNSERVED_MS = 5_000;
