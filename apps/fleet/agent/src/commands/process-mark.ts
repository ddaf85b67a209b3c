/** A process mark tells a process from a later one that has the same number, by when it started. */

export interface ProcessMark {
  readonly pid: number;
  /** The system tells boot and start time in this text. It is compared, and never read. */
  readonly started: string;
}

/** The runner leaves this as its first act. The file is made once for each command id, so that no id runs twice. */
export interface RunnerMark extends ProcessMark {
  /** The runner began at this time, in ISO 8601. */
  readonly at: string;
}
