/** An outlet writes one answer of the HTTP profile onto a response of Node. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { createGunzip } from "node:zlib";
import type { Millis } from "@neverstale/base";
import { SIZE_HEADER } from "@neverstale/protocol";
import type { Frame } from "../../../followers/wire.ts";
import { titledProblem } from "../../io/problem.ts";
import { headersOf, idLine } from "../answer-text.ts";
import type { Outlet } from "../reader.ts";
import type { Reply, ReplyBody } from "../reply.ts";
import { bodyOf, eventsIn, zippedState } from "./http-frames.ts";

export class HttpOutlet implements Outlet {
  readonly #response: ServerResponse;
  readonly #takesGzip: boolean;
  readonly #isHead: boolean;
  /** Events that are being inflated hold those behind them. */
  #writing: Promise<void> | null = null;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#response = response;
    this.#takesGzip = /\bgzip\b/.test(`${request.headers["accept-encoding"] ?? ""}`);
    this.#isHead = request.method === "HEAD";
  }

  reply(reply: Reply): void {
    if (this.#response.destroyed || this.#response.headersSent) return;
    this.#response.statusCode = reply.status;
    for (const [name, value] of Object.entries(headersOf(reply))) this.#response.setHeader(name, value);
    this.#body(reply.body);
  }

  #body(body: ReplyBody): void {
    switch (body.type) {
      case "none":
        this.#response.end();
        return;
      case "problem":
        return this.#problem(body);
      case "state":
        return this.#state(body.frame);
      case "messages":
        return this.#messages(body.frames);
    }
  }

  #problem({ refusal, snapshot }: Extract<ReplyBody, { readonly type: "problem" }>): void {
    const problem = titledProblem(refusal);
    this.#endWith(Buffer.from(JSON.stringify(snapshot === undefined ? problem : { ...problem, snapshot })));
  }

  /** Whoever takes no gzip is sent the text, which is inflated on the way. */
  #state(frame: Frame): void {
    const { bytes, textBytes } = zippedState(frame);
    this.#response.setHeader(SIZE_HEADER, textBytes);
    if (this.#takesGzip) this.#response.setHeader("Content-Encoding", "gzip");
    if (this.#takesGzip || this.#isHead) return this.#endWith(bytes);
    const inflated = createGunzip();
    inflated.pipe(this.#response);
    inflated.end(bytes);
  }

  #messages(frames: readonly Frame[]): void {
    const body = bodyOf(frames, this.#takesGzip);
    const end = ({ bytes, isZipped }: Awaited<typeof body>) => {
      if (isZipped) this.#response.setHeader("Content-Encoding", "gzip");
      this.#endWith(bytes);
    };
    if (body instanceof Promise) body.then(end, () => this.#response.destroy());
    else end(body);
  }

  #endWith(bytes: Buffer): void {
    if (this.#response.destroyed) return;
    this.#response.setHeader("Content-Length", bytes.length);
    if (this.#isHead) this.#response.end();
    else this.#response.end(bytes);
  }

  begin(reply: Reply): void {
    this.#response.writeHead(reply.status, headersOf(reply));
  }

  write(frame: Frame, offsetMs: Millis): void {
    const events = eventsIn(frame);
    if (this.#writing === null && !(events instanceof Promise)) return this.#put(events, offsetMs);
    const before = this.#writing ?? Promise.resolve();
    const writing = before
      .then(() => events)
      .then((bytes) => this.#put(bytes, offsetMs))
      .catch(() => {
        this.#response.destroy();
      })
      .finally(() => {
        if (this.#writing === writing) this.#writing = null;
      });
    this.#writing = writing;
  }

  #put(events: Buffer, offsetMs: Millis): void {
    if (this.#response.destroyed || this.#response.writableEnded) return;
    this.#response.cork();
    this.#response.write(idLine(offsetMs));
    this.#response.write(events);
    this.#response.uncork();
  }

  /** A reader that takes nothing is cut off: nobody would wait for its end. */
  end(): void {
    if (this.congested) this.#response.destroy();
    else this.#response.end();
  }

  together(run: () => void): void {
    this.#response.cork();
    try {
      run();
    } finally {
      this.#response.uncork();
    }
  }

  get congested(): boolean {
    return this.#writing !== null || this.#response.writableLength > 0;
  }

  get sentBytes(): number {
    const { socket } = this.#response;
    return socket === null ? 0 : socket.bytesWritten - socket.writableLength;
  }
}
