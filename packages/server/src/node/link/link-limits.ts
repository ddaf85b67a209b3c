/** The limits of what nodes send each other. `docs/OPERATIONS.md` says what happens at each of them. */

export interface NodeLinkLimits {
  /** So many entries may be on the way to one node. A node that has heard none of them by then loses its link. */
  readonly pushedEntries: number;
  /** They may have so many bytes. */
  readonly pushedBytes: number;
  /** A message has so many bytes at most. */
  readonly messageBytes: number;
  /** So many nodes may be linked to this one. */
  readonly links: number;
  /** A link over which nothing came for so long is cut. */
  readonly silentMs: number;
  /** A node that can't be dialled for so long is told of. */
  readonly unreachableMs: number;
  /** So many requests may be on their way to the writer, or wait for one. */
  readonly forwardedRequests: number;
  /** The body of a request that is forwarded has so many bytes at most. */
  readonly forwardedBodyBytes: number;
  /** The bodies of all requests that are on their way have so many bytes at most. */
  readonly forwardedBytes: number;
  /** The head of the writer's answer comes within this time, or the outcome is unknown. */
  readonly answerMs: number;
  /** A request waits so long for a writer. */
  readonly writerMs: number;
}

export const NODE_LINK_LIMITS: NodeLinkLimits = {
  pushedEntries: 10_000,
  pushedBytes: 64 * 1024 * 1024,
  messageBytes: 32 * 1024 * 1024,
  links: 1_000,
  silentMs: 3_000,
  unreachableMs: 15_000,
  forwardedRequests: 1_000,
  forwardedBodyBytes: 2 * 1024 * 1024,
  forwardedBytes: 64 * 1024 * 1024,
  answerMs: 30_000,
  writerMs: 5_000,
};

/** It counts what happened on the links of one node. */
export class NodeLinkCounts {
  refused = 0;
  garbage = 0;
  slow = 0;
  silent = 0;
  tooLarge = 0;
  pushed = 0;
  received = 0;
  forwarded = 0;
  forwardRefused = 0;
  forwardRepeated = 0;
  forwardLost = 0;
}
