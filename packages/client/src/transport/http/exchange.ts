/** An exchange is one request of the HTTP profile, with its answer or what became of it. */

import type { Millis, Timer } from "@neverstale/base";
import { PROTOCOL_HEADER } from "@neverstale/protocol";
import type { Environment, HttpEvents, HttpHead, OpenHttp } from "../../environment/environment.ts";

export interface HttpIo extends Pick<Environment, "now" | "after"> {
  /**
   * Opens a request whose answer is read as it comes. Redirects are followed, and what the environment keeps may answer. It never
   * calls `events` before it has returned.
   */
  readonly openHttp: (url: string, events: HttpEvents) => OpenHttp;
}

export interface Exchange {
  /** It fetches a full state. */
  readonly isState: boolean;
  close(): void;
}

/** Nothing is called after `ended`, `refused` or `lost`, nor once the exchange was closed. */
export interface ExchangeEvents {
  /** An answer of the profile begins. */
  answered(head: HttpHead): void;
  received(text: string): void;
  ended(): void;
  /** It was answered with something else than messages. */
  refused(refusal: HttpRefusal): void;
  lost(): void;
}

export interface HttpRefusal {
  readonly status: number;
  readonly text: string;
  /** The authority has written it, not a proxy, a portal or another server. */
  readonly isOwn: boolean;
  /** This is the header as it came. Null: there was none. */
  readonly retryAfter: string | null;
}

export type AnswerEvents = Pick<ExchangeEvents, "answered" | "received" | "ended">;

/** With `idleMs` it is lost once nothing has come for so long. */
export function exchange(
  io: HttpIo,
  url: string,
  { idleMs, isState }: { readonly idleMs: Millis | null; readonly isState: boolean },
  events: ExchangeEvents,
): Exchange {
  let isOver = false;
  let refusal: HttpRefusal | null = null;
  let timer: Timer | null = null;
  const finish = (run: () => void): void => {
    if (isOver) return;
    isOver = true;
    timer?.cancel();
    run();
  };
  const watch = (): void => {
    timer?.cancel();
    if (idleMs !== null && !isOver)
      timer = io.after(idleMs, () =>
        finish(() => {
          opened.close();
          events.lost();
        }),
      );
  };
  const opened = io.openHttp(url, {
    answered(head) {
      if (isOver) return;
      watch();
      if (isAnswer(head)) events.answered(head);
      else refusal = refusalOf(head);
    },
    received(text) {
      if (isOver) return;
      watch();
      if (refusal === null) events.received(text);
      else if (refusal.text.length < MAX_PROBLEM_CHARS) refusal = { ...refusal, text: refusal.text + text };
    },
    ended: () => finish(() => (refusal === null ? events.ended() : events.refused(refusal))),
    failed: () => finish(() => events.lost()),
  });
  watch();
  return { isState, close: () => finish(() => opened.close()) };
}

function refusalOf({ status, header }: HttpHead): HttpRefusal {
  return { status, text: "", isOwn: header(PROTOCOL_HEADER) === "v1", retryAfter: header("Retry-After") };
}

/** A portal or another server answers with other things than messages, whatever the status says. */
function isAnswer({ status, header }: HttpHead): boolean {
  const [type = ""] = (header("Content-Type") ?? "").split(";");
  return status === 200 && header(PROTOCOL_HEADER) === "v1" && ANSWER_TYPES.has(type.trim());
}

const ANSWER_TYPES: ReadonlySet<string> = new Set(["application/json", "application/x-ndjson", "text/event-stream"]);

/** No more is read of a problem document (RFC 9457). */
const MAX_PROBLEM_CHARS = 16 * 1024;
