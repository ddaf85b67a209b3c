/** A job is one command as the runner runs it: complete, without templates, decided from the host's own file. */

export interface Job {
  /** It is never empty, and its first part is the program. No shell ever sees it. */
  readonly argv: readonly string[];
  /** This is the whole environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Null means the user that the agent runs as. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  readonly timeoutMs: number;
  /** This is the time between TERM and KILL. */
  readonly killGraceMs: number;
  readonly outputCapBytes: number;
}
