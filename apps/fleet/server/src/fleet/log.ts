/** The log takes what an operator should know, one line each. */

export interface Log {
  readonly info: LogLine;
  readonly warn: LogLine;
  readonly error: LogLine;
  readonly fatal: LogLine;
}

/** The members of `about` stand beside the message. They never hold what was sent, nor a secret (C13). */
interface LogLine {
  (about: object, message: string): void;
  (message: string): void;
}
