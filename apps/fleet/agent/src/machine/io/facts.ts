/** The facts are what a machine says of itself when it enrols and in every hello. */

import * as os from "node:os";

export interface MachineFacts {
  readonly hostname: string;
  readonly os: string;
  readonly arch: string;
  readonly agentVersion: string;
}

/** The facts are read anew each time: machines are renamed while they run. */
export function machineFacts(agentVersion: string): MachineFacts {
  return { hostname: os.hostname(), os: `${os.type()} ${os.release()}`, arch: os.arch(), agentVersion };
}
