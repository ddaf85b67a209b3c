/** A decoder makes a message of the text of one frame, or throws `bad_message`. */

import { MAX_CLIENT_FRAME_BYTES } from "./limits.ts";
import { bad, type Loose, objectOf, quote, readString } from "./members.ts";
import {
  type ClientMessage,
  type PlainClientMessage,
  type PlainServerMessage,
  readAck,
  readCheck,
  readDelta,
  readError,
  readFullState,
  readGetState,
  readMutated,
  readPlainDelta,
  readPlainFullState,
  readPlainGetState,
  readPlainSync,
  readSync,
  type ServerMessage,
} from "./messages.ts";

/**
 * Decodes what the authority sent in the profile `neverstale.v1`. Null stands for a type or an error code that this build
 * does not know, which a replica ignores. Everything else that is no message throws `bad_message`.
 *
 * Members beyond the declared ones are passed over. Nothing in a message can reach a prototype (rule S4).
 */
export function decodeServerMessage(text: string): ServerMessage | null {
  const message = parsed(text);
  switch (message.type) {
    case "delta":
      return readDelta(message);
    case "sync":
      return readSync(message);
    case "init":
    case "full_state":
      return readFullState(message);
    case "mutated":
      return readMutated(message);
    case "error":
      return readError(message);
    default:
      return null;
  }
}

/** Decodes what a replica sent in the profile `neverstale.v1`: an unknown type or member is `bad_message` too (rule M3). */
export function decodeClientMessage(text: string): ClientMessage {
  const message = parsedFromClient(text);
  switch (message.type) {
    case "check":
      return closed(message, readCheck(message));
    case "ack":
      return closed(message, readAck(message));
    case "get_state":
      return closed(message, readGetState(message));
    default:
      throw unknownType(message, "check, ack or get_state");
  }
}

/** Decodes what the authority sent in the plain profile. Null stands for a type that this build does not know. */
export function decodePlainServerMessage(text: string): PlainServerMessage | null {
  const message = parsed(text);
  switch (message.type) {
    case "delta":
      return readPlainDelta(message);
    case "sync":
      return readPlainSync(message);
    case "init":
    case "full_state":
      return readPlainFullState(message);
    default:
      return null;
  }
}

/** Decodes what a plain client sent: an unknown type or member is `bad_message` too. */
export function decodePlainClientMessage(text: string): PlainClientMessage {
  const message = parsedFromClient(text);
  if (message.type !== "get_state") throw unknownType(message, "get_state");
  return closed(message, readPlainGetState(message));
}

function parsed(text: string): Loose {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw bad(`the frame is not JSON: ${quote(text)}`, cause);
  }
  const message = objectOf(value, "the message");
  readString(message, "type");
  return message;
}

function parsedFromClient(text: string): Loose {
  if (text.length > MAX_CLIENT_FRAME_BYTES) throw bad(`the frame has more than ${MAX_CLIENT_FRAME_BYTES} bytes`);
  return parsed(text);
}

/** A message of a client holds nothing beyond what was read from it. */
function closed<M extends object>(message: Loose, read: M): M {
  for (const member of Object.keys(message)) {
    if (!Object.hasOwn(read, member)) throw bad(`a ${quote(message.type)} has no member ${quote(member)}`);
  }
  return read;
}

function unknownType(message: Loose, known: string): Error {
  return bad(`the type ${quote(message.type)} is not known here: ${known}`);
}
