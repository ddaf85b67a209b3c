/** Followers need this of a transport: frames that are made once for many, and a wire to each reader. */

/** One direction of a connection, as the authority sees it. */
export interface Wire {
  /** Hands the frame to the transport. Nothing happens on a closed wire. */
  send(frame: Frame): void;
  /**
   * The frames that `run` sends go out as one write where the transport can. Meanwhile `congested` stays what it was before.
   */
  together(run: () => void): void;
  /** Bytes given to `send` wait in this process, because the transport takes no more. */
  readonly congested: boolean;
  /** So many bytes have left this process on this connection so far, which tells a slow reader from a dead one (rule A5). */
  readonly sentBytes: number;
  close(code: number, reason: string): void;
}

/** A message as it goes to the wire: made once, shared by every connection it is sent to. */
export interface Frame {
  /** Its size on the wire. */
  readonly sizeBytes: number;
}

export interface FrameCodec {
  /** It makes a text frame, or one binary frame of the gzip where that is smaller and `mayCompress` (v1 only). */
  encode(text: string, mayCompress: boolean): Frame;
  /** It makes one write of several frames. */
  join(frames: readonly Frame[]): Frame;
  /**
   * It makes one frame of a large text, whose pieces are read over several turns of the event loop. The text is compressed
   * off the loop where `mayCompress`. It rejects when a piece throws, or when the text is larger than a replica takes.
   */
  encodeLarge(pieces: Iterable<string>, mayCompress: boolean): Promise<LargeFrame>;
  /**
   * It returns the part of a message that begins at byte `from` of it, about `maxBytes` long (rule M9). `frame` holds one
   * message, compressed. Its bytes are not copied.
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
  /** This is the size of its text, uncompressed. */
  readonly textBytes: number;
}
