/** An exchange is one request with its answer, on its way over one network. */

import type { Lane } from "../network/lane.ts";
import type { AnswerSink, HttpEnd, Piece, SimAsk, SimHead, Trip } from "./http-end.ts";

export class SimExchange implements Trip {
  readonly up: Lane;
  readonly down: Lane;
  readonly #sink: AnswerSink;
  #trip: Trip | null = null;
  /** The asker knows the end of it, or has left. */
  #clientDone = false;
  /** The other end has answered whole, or knows that the asker has left. */
  #serverDone = false;

  constructor({ up, down, kernelBytes }: ExchangeLanes, end: HttpEnd, ask: SimAsk, sink: AnswerSink) {
    this.up = up;
    this.down = down;
    this.#sink = sink;
    up.send(ASK_BYTES, () => {
      this.#trip = end.ask(ask, this.#answers(kernelBytes));
    });
  }

  /** Nobody waits for anything of it any more. */
  get isOver(): boolean {
    return this.#clientDone && this.#serverDone;
  }

  /** Some end of it may wait in vain. */
  get isSick(): boolean {
    return this.up.sealed || this.down.sealed;
  }

  #answers(kernelBytes: number): AnswerSink {
    const { down } = this;
    const told = (run: () => void) => () => {
      if (!this.#clientDone) run();
    };
    const end = (run: () => void) => {
      this.#serverDone = true;
      down.send(
        0,
        told(() => {
          this.#clientDone = true;
          run();
        }),
      );
    };
    return {
      answered: (head: SimHead) =>
        down.send(
          HEAD_BYTES,
          told(() => this.#sink.answered(head)),
        ),
      wrote: (piece: Piece) =>
        down.send(
          piece.text.length,
          told(() => this.#sink.wrote(piece)),
        ),
      ended: () => end(() => this.#sink.ended()),
      failed: () => end(() => this.#sink.failed()),
      vanished: () => down.seal(),
      get heldBytes() {
        return Math.max(0, down.waitingBytes - kernelBytes);
      },
      get sentBytes() {
        return down.sentBytes - this.heldBytes;
      },
    };
  }

  leave(): void {
    if (this.#clientDone) return;
    this.#clientDone = true;
    this.up.send(0, () => this.#endServer());
  }

  #endServer(): void {
    if (this.#serverDone) return;
    this.#serverDone = true;
    this.#trip?.leave();
  }

  #failClient(): void {
    if (this.#clientDone) return;
    this.#clientDone = true;
    this.#sink.failed();
  }

  /** The network ends it behind so many bytes each way, and `told` says which ends learn of it. */
  cut(told: "both" | "client" | "server" | "nobody", bytes: number): void {
    this.down.cutAfter(bytes);
    this.up.cutAfter(bytes);
    if (told === "both" || told === "client") this.down.send(0, () => this.#failClient());
    if (told === "both" || told === "server") this.up.send(0, () => this.#endServer());
    this.down.seal();
    this.up.seal();
  }

  /** At last both ends learn of it. */
  bury(): void {
    this.#failClient();
    this.#endServer();
  }
}

export interface ExchangeLanes {
  readonly up: Lane;
  readonly down: Lane;
  /** The kernels take in so many bytes before the sender notices. */
  readonly kernelBytes: number;
}

const ASK_BYTES = 300;
const HEAD_BYTES = 300;
