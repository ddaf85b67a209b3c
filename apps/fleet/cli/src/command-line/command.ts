/** Each command adds itself to the command line, and says at its end how the process ends. */

import type { Command } from "commander";

export type AddCommand = (root: Command, end: ProcessEnd) => void;

export interface ProcessEnd {
  /** This is the exit status. Null means that a server goes on running. */
  status: number | null;
}
