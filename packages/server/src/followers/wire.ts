/** Followers need this of a transport: frames that are made once for many, and a wire to each reader. */

/** A message as it goes to the wire: made once, shared by every connection it is sent to. */
export interface Frame {
  /** Its size on the wire. */
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
  /** The next part begins here. */
  readonly end: number;
  readonly isLast: boolean;
}

export interface LargeFrame extends Frame {
  /** The size of its text, uncompressed. */
  readonly textBytes: number;
}

/** One direction of a connection, as the authority sees it. */
export interface Wire {
  /** Hands the frame to the transport; nothing happens on a closed wire. */
  send(frame: Frame): void;
  /** What `run` sends goes out as one write where the transport can; meanwhile `congested` stays what it was before. */
  together(run: () => void): void;
  /** Bytes given to `send` wait in this process, because the transport takes no more. */
  readonly congested: boolean;
  /** So many bytes have left this process on this connection so far: that tells a slow reader from a dead one (rule A5). */
  readonly sentBytes: number;
  close(code: number, reason: string): void;
}
