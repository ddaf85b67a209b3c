/** An agent runs as a process of its own, on a host that no node runs on: it goes to the address that it is given. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";

const PROGRAM = fileURLToPath(new URL("../../apps/fleet/agent/src/main.ts", import.meta.url));

export class AgentProcess {
  readonly directory = mkdtempSync(join(tmpdir(), "neverstale-agent-"));
  readonly #child: ChildProcess;

  /** It enrols with the token. It allows these ops. */
  constructor(server: string, token: string, ops: object) {
    const dataDir = join(this.directory, "data");
    mkdirSync(dataDir, { mode: 0o700 });
    writeFileSync(join(dataDir, "agent.yaml"), JSON.stringify({ ops }), { mode: 0o600 });
    const args = ["--server", server, "--data-dir", dataDir, "--enroll-token", token];
    this.#child = spawn(process.execPath, ["--conditions=source", PROGRAM, ...args], { stdio: "ignore" });
    process.once("exit", () => this.#child.kill("SIGKILL"));
  }

  get runs(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async dispose(): Promise<void> {
    await ended(this.#child, "SIGTERM");
    await removeWithProcesses(this.directory);
  }
}
