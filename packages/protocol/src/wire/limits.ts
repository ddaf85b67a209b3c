/** Both ends of a connection agree on these names and numbers. */

/** A connection speaks one of two profiles: `v1` is `neverstale.v1` (rule M2), `plain` needs no subprotocol (rule M1). */
export type Profile = "v1" | "plain";

/** The WebSocket subprotocol of the full profile. A connection without it speaks the plain profile. */
export const SUBPROTOCOL = "neverstale.v1";
/** A browser's second subprotocol is this prefix and its CSRF token. */
export const CSRF_SUBPROTOCOL_PREFIX = "csrf.";
/** With the value 1 in the address of `neverstale.v1`, this parameter asks for large messages in parts (rule M9). */
export const PARTS_PARAMETER = "parts";
/** With the value 1 in the address of `neverstale.v1`, this parameter says that the replica takes steps (rule E7). */
export const STEPS_PARAMETER = "steps";
/** In the address of `neverstale.v1`, this parameter names the lines of mutations of a page, with commas between them (rule U11). */
export const LINES_PARAMETER = "lines";
/** In the address of `neverstale.v1`, these parameters prove the position of a replica of a view (rules V14 and V15). */
export const VIEW_PARAMETER = "view";
export const TICKET_PARAMETER = "ticket";

/** A `lineage` lists so many epochs: the newest ones, the oldest of them first. */
export const LINEAGE_LENGTH = 16;
/** A frame may be put while fewer bytes than this are unacked (rule A4b). */
export const WINDOW_BYTES = 1024 * 1024;
/** A replica acks after this time or after `ACK_AFTER_BYTES`, whichever comes first. */
export const ACK_AFTER_MS = 250;
export const ACK_AFTER_BYTES = 256 * 1024;
/** No part holds more of its message than this. */
export const MAX_PART_BYTES = 64 * 1024;
/** A text frame from a replica is refused above this size. */
export const MAX_CLIENT_FRAME_BYTES = 64 * 1024;
/** An inflated frame is refused above this size (rule R10). */
export const MAX_INFLATED_BYTES = 64 * 1024 * 1024;
export const DEFAULT_BEACON_MS = 30_000;

/** An answer of the HTTP profile says by this header, `v1`, that it is one: a proxy may answer with any status (rule H9). */
export const PROTOCOL_HEADER = "Neverstale-Protocol";
/** A snapshot says by this header how many bytes its text has, since `Content-Length` is that of the gzip (rule H1). */
export const SIZE_HEADER = "Neverstale-Size";
