/** The publisher and the clients of NATS speak under these subjects. */

/** A client that has joined says so here. */
export const JOIN = "join";
/** The full state comes here, once to each client that asked for it. */
export const STATE = "state";
export const CHANGES = "changes";
