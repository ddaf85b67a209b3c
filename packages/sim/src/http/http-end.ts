/** The ends of a request over the simulated HTTP: somebody asks, and the answer comes piece by piece. */

/** It is an authority, or a cache before one. */
export interface HttpEnd {
  /** It may answer before it returns. */
  ask(ask: SimAsk, sink: AnswerSink): Trip;
}

export interface SimAsk {
  readonly client: string;
  readonly url: URL;
}

/** An answer comes out here. Nothing comes after `ended` or `failed`. */
export interface AnswerSink {
  answered(head: SimHead): void;
  wrote(piece: Piece): void;
  ended(): void;
  /** The answer was cut off, or nobody was there. */
  failed(): void;
  /** The machine at the other end has lost its power. Nothing comes any more, and nobody is told. */
  vanished?(): void;
  /** So many bytes wait with whoever sends, because the way takes no more. */
  readonly heldBytes: number;
  readonly sentBytes: number;
}

export interface SimHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Piece {
  readonly text: string;
  /** The authority wrote it at this time. */
  readonly writtenAt: number;
  /** It lay in caches for so long, which is no time on its way. */
  readonly keptMs: number;
}

/** A request that is under way. */
export interface Trip {
  /** Whoever asked has gone. */
  leave(): void;
}

export function headerOf({ headers }: SimHead, name: string): string | null {
  const lower = name.toLowerCase();
  for (const [key, value] of Object.entries(headers)) if (key.toLowerCase() === lower) return value;
  return null;
}
