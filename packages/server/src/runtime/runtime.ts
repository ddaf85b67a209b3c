/** Milliseconds on a monotonic clock, with a fraction. */
export type Millis = number;

export interface Timer {
  /** Nothing happens when it has run already. */
  cancel(): void;
}

/** What the authority needs of the machine: the one door through which time and randomness come in. */
export interface Runtime {
  /** Monotonic. */
  now(): Millis;
  /** Wall clock, milliseconds since 1970: stored beside changes, never used to order or to wait. */
  wallTime(): number;
  /** 128 random bits from a cryptographic source, as text. */
  newId(): string;
  after(delayMs: number, run: () => void): Timer;
  /** Runs once the events that wait now have been handled: calls of one turn of the event loop meet there. */
  soon(run: () => void): void;
  /** The share of the last while in which the event loop was busy, 0 to 1. */
  loopUtilization(): number;
  readonly frames: FrameCodec;
}

/** A message as it goes to the wire: made once, shared by every connection it is sent to. */
export interface Frame {
  /** On the wire. */
  readonly sizeBytes: number;
}

export interface FrameCodec {
  /** A text frame, or one binary frame of the gzip where that is smaller and `mayCompress` (v1 only). */
  encode(text: string, mayCompress: boolean): Frame;
  /** Several frames as one write. */
  join(frames: readonly Frame[]): Frame;
  /**
   * A large text, given in parts that are read over several turns of the event loop, as one frame; compressed off the
   * loop where `mayCompress`. Rejects when a part throws, or when the text is larger than a replica takes.
   */
  encodeLarge(parts: Iterable<string>, mayCompress: boolean): Promise<LargeFrame>;
  /**
   * The part of a message that begins at byte `from` of it, about `maxBytes` long (rule M9). `frame` holds one message,
   * compressed; its bytes are not copied.
   */
  part(frame: Frame, from: number, maxBytes: number): Part;
}

export interface Part {
  readonly frame: Frame;
  /** Where the next part begins. */
  readonly end: number;
  readonly isLast: boolean;
}

export interface LargeFrame extends Frame {
  /** Bytes of the text, uncompressed. */
  readonly textBytes: number;
}

/** One direction of a connection, as the authority sees it. */
export interface Wire {
  /** Hands the frame to the socket; nothing happens on a closed one. */
  send(frame: Frame): void;
  /** What `run` sends goes out as one write where the transport can; meanwhile `congested` stays what it was before. */
  together(run: () => void): void;
  /** Whether bytes given to `send` wait in this process because the socket takes no more. */
  readonly congested: boolean;
  /** Bytes that have left this process on this connection so far: tells a slow reader from a dead one (rule A5). */
  readonly sentBytes: number;
  close(code: number, reason: string): void;
}
