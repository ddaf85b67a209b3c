/** A connection over HTTP is one request after the other, each from where the replica stands (rules H2 to H7). */

import type { Millis, Timer } from "@neverstale/base";
import {
  type ClientMessage,
  decodeServerMessage,
  type ErrorMessage,
  encodeMessage,
  type Position,
  SIZE_HEADER,
} from "@neverstale/protocol";
import type { HttpHead } from "../../environment/environment.ts";
import type { ClientConnection, ConnectionOpening, Said, TransportEvents } from "../transport.ts";
import { ageOf, StreamAge } from "./ages.ts";
import { EventReader } from "./event-reader.ts";
import { type AnswerEvents, type Exchange, exchange, type HttpIo, type HttpRefusal } from "./exchange.ts";
import { followAddress, snapshotAddress } from "./http-address.ts";
import { CONNECTION_LOST, codeOfRefusal, errorOf, isElsewhere } from "./refusal-code.ts";

export class HttpConnection implements ClientConnection {
  readonly #options: HttpConnectionOptions;
  #exchange: Exchange | null = null;
  #pause: Timer | null = null;
  /** A full state is to be fetched before anything else. */
  #needsState: boolean;
  /** This check is to be answered. */
  #check: number | null = null;
  #opened = false;
  #closed = false;
  /** Messages are being handed over, and what they lead to is asked for behind the last one. */
  #delivering = false;
  /** An answer has said how things are since the last full state. Only then the next one may take its time. */
  #told = false;
  #stateCameAt: Millis = Number.NEGATIVE_INFINITY;
  /** The last answer to a poll was written at this time, by the authority's clock. Null: it did not say. */
  #toldAt: number | null = null;

  constructor(options: HttpConnectionOptions) {
    this.#options = options;
    this.#needsState = options.opening.resume === null;
    this.#pauseFor(0);
  }

  /** There are no acks (rule H7). */
  send(message: ClientMessage): void {
    if (message.type === "ack" || this.#closed) return;
    if (message.type === "get_state") this.#needsState = true;
    else this.#check = message.n;
    if (this.#exchange?.isState === true) return; // It is the answer, or the check comes behind it.
    this.#interrupt();
    this.#goOn();
  }

  close(): void {
    this.#closed = true;
    this.#interrupt();
  }

  #interrupt(): void {
    this.#exchange?.close();
    this.#exchange = null;
    this.#pause?.cancel();
    this.#pause = null;
  }

  #end(code: number): void {
    if (this.#closed) return;
    this.close();
    this.#options.events.closed(code);
  }

  #pauseFor(ms: Millis): void {
    this.#pause = this.#options.io.after(ms, () => {
      this.#pause = null;
      this.#goOn();
    });
  }

  /** Asks for what is due next. */
  #goOn(): void {
    if (this.#closed || this.#delivering || this.#exchange !== null || this.#pause !== null) return;
    if (this.#options.opening.whenTaken?.(() => this.#goOn()) === true) return;
    const position = this.#options.opening.position();
    if (this.#needsState || position === null) this.#fetchState(position);
    else if (this.#options.ways.streams) this.#follow(position);
    else this.#poll(position);
  }

  /** A full state that does not help is fetched again after a second: what a cache had is gone by then (rule H5). */
  #fetchState(has: Position | null): void {
    const { endpoint, io, events } = this.#options;
    const wait = this.#stateCameAt + STATE_GAP_MS - io.now();
    if (wait > 0) return this.#pauseFor(wait);
    const pieces: string[] = [];
    let receivedBytes = 0;
    let totalBytes = 0;
    let fromParts = false;
    this.#start(snapshotAddress(endpoint, has), STATE_IDLE_MS, true, {
      answered: (head) => {
        totalBytes = Number(head.header(SIZE_HEADER) ?? 0);
      },
      received: (text) => {
        pieces.push(text);
        receivedBytes += text.length;
        // Each piece of a large one shows that the line lives, as parts of a message do (rule M9).
        if (receivedBytes < LARGE_BYTES) return;
        fromParts = true;
        events.loading({ receivedBytes, totalBytes: Math.max(totalBytes, receivedBytes) }, text.length);
      },
      ended: () => {
        this.#stateCameAt = io.now();
        this.#needsState = false;
        this.#told = false;
        this.#deliver(() => events.received(pieces.join(""), { ...JUST_NOW, fromParts }));
      },
    });
  }

  #poll(position: Position): void {
    const { endpoint, io } = this.#options;
    const check = this.#check;
    const waits = check === null && this.#told;
    const askedAt = io.now();
    const query = check === null ? (waits ? this.#afterWhatWasTold() : "?wait=0") : `?check=${check}`;
    let head: HttpHead | null = null;
    let answeredAt = askedAt;
    let text = "";
    this.#start(followAddress(endpoint, "t", position, query), waits ? POLL_IDLE_MS : ANSWER_MS, false, {
      answered: (answer) => {
        head = answer;
        answeredAt = io.now();
      },
      received: (piece) => {
        text += piece;
      },
      ended: () => {
        if (this.#check === check) this.#check = null;
        const age = head === null ? JUST_NOW : ageOf(head);
        const onTheWay = io.now() - answeredAt;
        const said = { atLeastMs: age.atLeastMs, atMostMs: age.atMostMs + onTheWay };
        const lines = text.split("\n").filter((line) => line !== "");
        this.#deliver(
          () => {
            const toldAt = writtenAt(lines.at(-1));
            this.#receiveAll(lines, said, toldAt);
            this.#toldAt = this.#closed ? null : toldAt;
          },
          () => this.#gapAfter(position, askedAt, waits),
        );
      },
    });
  }

  /** All who were told at about the same time ask together, at an address for which no cache has had an answer (rule H2). */
  #afterWhatWasTold(): string {
    return this.#toldAt === null ? "" : `?after=${Math.floor(this.#toldAt / TOGETHER_MS)}`;
  }

  #movedFrom({ version }: Position): boolean {
    return (this.#options.opening.position()?.version ?? 0) !== version;
  }

  /** An answer without news that came early is not asked for again at once, whoever gave it. */
  #gapAfter(from: Position, askedAt: Millis, waited: boolean): Millis {
    const passes = this.#movedFrom(from) || !waited;
    return passes ? 0 : Math.max(0, askedAt + UNMOVED_GAP_MS - this.#options.io.now());
  }

  #follow(position: Position): void {
    const { endpoint, io, ways } = this.#options;
    const check = this.#check;
    const reader = new EventReader();
    const askedAt = io.now();
    let age: StreamAge | null = null;
    let heard = false;
    const query = check === null ? "" : `?check=${check}`;
    ways.silentSince ??= askedAt;
    const watch = io.after(Math.max(0, ways.silentSince + FIRST_BYTE_MS - askedAt), () => {
      if (!heard) this.#withoutStreams();
    });
    this.#start(
      followAddress(endpoint, "live", position, query),
      null,
      false,
      {
        answered: (head) => {
          age = new StreamAge(head, askedAt, io.now());
        },
        received: (piece) => {
          heard = true;
          ways.silentSince = null;
          if (this.#check === check) this.#check = null;
          const events = reader.read(piece);
          this.#hand(() => {
            for (const { offsetMs, text } of events) this.#receive(text, age?.of(offsetMs, io.now()) ?? JUST_NOW);
          });
          this.#goOn(); // Where a message led to something else, the stream was left.
        },
        ended: () => {
          watch.cancel();
          if (!heard) ways.streams = false;
          this.#deliver(
            () => {},
            () => this.#gapAfter(position, askedAt, true),
          );
        },
      },
      () => watch.cancel(),
    );
  }

  /** Something on the way holds streams back until they end. On this network it is polls from here on (rule H9). */
  #withoutStreams(): void {
    this.#options.ways.streams = false;
    this.#interrupt();
    this.#goOn();
  }

  /** The messages of an answer are written one after the other, and come when the last one is there. The first one tells when that was. */
  #receiveAll(texts: readonly string[], said: Said, toldAt: number | null): void {
    texts.forEach((text, n) => {
      const time = n > 0 ? { toldAt: null } : toldAt === null ? {} : { toldAt };
      this.#receive(text, { ...said, ...time });
    });
  }

  #receive(text: string, said: Said): void {
    if (this.#closed) return;
    this.#told = true;
    this.#options.events.received(text, said);
  }

  /** Hands over what an exchange brought in the end, and asks for the next thing, after `gap`. */
  #deliver(run: () => void, gap: () => Millis = () => 0): void {
    this.#exchange = null;
    this.#hand(run);
    const goOn = (): void => {
      if (this.#exchange !== null || this.#pause !== null) return;
      const wait = this.#closed || this.#needsState || this.#check !== null ? 0 : gap();
      if (wait > 0) this.#pauseFor(wait);
      else this.#goOn();
    };
    if (this.#options.opening.whenTaken?.(goOn) !== true) goOn();
  }

  #hand(run: () => void): void {
    this.#delivering = true;
    try {
      run();
    } finally {
      this.#delivering = false;
    }
  }

  #start(
    url: string,
    idleMs: Millis | null,
    isState: boolean,
    handlers: AnswerEvents,
    over: () => void = () => {},
  ): void {
    const { io } = this.#options;
    const begun = exchange(
      io,
      url,
      { idleMs, isState },
      {
        answered: (head) => {
          handlers.answered(head);
          this.#open();
        },
        received: handlers.received,
        ended: handlers.ended,
        refused: (refusal) => {
          over();
          this.#refused(refusal);
        },
        lost: () => {
          over();
          this.#options.ways.silentSince = null; // It was not held back, it was lost.
          this.#end(CONNECTION_LOST);
        },
      },
    );
    this.#exchange = {
      isState,
      close: () => {
        over();
        begun.close();
      },
    };
  }

  #open(): void {
    if (this.#opened) return;
    this.#opened = true;
    this.#options.events.opened();
  }

  #refused(refusal: HttpRefusal): void {
    this.#exchange = null;
    if (refusal.isOwn && refusal.status === 410) {
      this.#needsState = true;
      return this.#goOn();
    }
    if (isElsewhere(refusal)) this.#options.ways.isServed = false;
    const error = errorOf(refusal);
    if (error !== null) this.#tell(error);
    this.#end(codeOfRefusal(refusal));
  }

  /** The replica is told in words what was wrong, as over a WebSocket. */
  #tell(error: ErrorMessage): void {
    this.#open();
    this.#options.events.received(encodeMessage(error), JUST_NOW);
  }
}

export interface HttpConnectionOptions {
  readonly io: HttpIo;
  readonly endpoint: string;
  readonly opening: ConnectionOpening;
  readonly events: TransportEvents;
  readonly ways: NetworkWays;
}

/** It is known of the network on which the replica is now. */
export interface NetworkWays {
  /** Streams of events come through it as they are written. */
  streams: boolean;
  /** A stream was asked for at this time, and none has brought a byte since. Null: the last one did, or none was asked for. */
  silentSince: Millis | null;
  /** The server that answers there knows the HTTP profile. */
  isServed: boolean;
}

/** The `sync` says when. Here this only serves to tell one answer from another. */
function writtenAt(line: string | undefined): number | null {
  const message = line === undefined ? null : decodeServerMessage(line);
  return message?.type === "sync" ? (message.at ?? null) : null;
}

const JUST_NOW: Said = { atLeastMs: 0, atMostMs: 0 };

/** A full state of so many bytes is told of while it comes. */
const LARGE_BYTES = 64 * 1024;
/** A stream that has brought no byte by then is held back on its way (rule H9). */
const FIRST_BYTE_MS = 5_000;
/** An answer that does not wait for news is lost after so long. */
const ANSWER_MS = 10_000;
/** The authority waits for news for 25 s at most. */
const POLL_IDLE_MS = 35_000;
/** A full state may have to be built first. While pieces of it come, it may take as long as it takes. */
const STATE_IDLE_MS = 30_000;
const STATE_GAP_MS = 1_000;
const UNMOVED_GAP_MS = 1_000;
/** Who was told within one such span of time asks at one address. It is shorter than a poll that a cache may keep. */
const TOGETHER_MS = 5_000;
