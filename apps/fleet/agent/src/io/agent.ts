/** The agent does two things until it is stopped: it works on the commands of its host, and it reports to the server. */

import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Millis } from "@neverstale/base";
import type { AgentReport, HostReading } from "@neverstale/fleet-domain";
import type { Logger } from "pino";
import { CheckLoop, type CheckSource } from "../checks/io/check-loop.ts";
import type { CommandBook } from "../commands/command-book.ts";
import type { AssignmentReplica } from "../connection/assignment-replica.ts";
import type { CredentialKeeper } from "../connection/io/credential-keeper.ts";
import { Reporter } from "../connection/io/reporter.ts";
import type { ServerApi } from "../connection/io/server-api.ts";
import type { MachineFacts } from "../machine/io/facts.ts";
import { OWN_CHECK } from "../policy/agent-file.ts";
import type { HostFile } from "../policy/io/host-file.ts";
import { CommandLoop } from "./command-loop.ts";

/** `not_accepted`: the server has refused the credential from the first request on. `revoked`: it accepted it before. */
export type AgentEnd = "stopped" | "not_accepted" | "revoked";

export interface AgentParts {
  readonly api: ServerApi;
  readonly credential: CredentialKeeper;
  readonly journal: CommandBook;
  /** The checks of the host are run by it. Null means that none are made. */
  readonly checkBook: CommandBook | null;
  readonly hostFile: Pick<HostFile, "offers" | "path" | "plan" | "problem" | "reload"> & CheckSource;
  readonly replica: AssignmentReplica;
  readonly log: Logger;
  /** They are read anew each time: machines are renamed while they run. */
  readonly facts: () => MachineFacts;
  readonly gauges: { read(): HostReading };
  /** The figures of the machine are told this often. */
  readonly heartbeatMs: Millis;
  /** The server has taken a report of this process for the first time. */
  readonly onAccepted: () => void;
}

export class Agent {
  readonly #parts: AgentParts;
  readonly #commands: CommandLoop;
  readonly #checks: CheckLoop | null;
  readonly #reporter: Reporter;
  readonly #ended = Promise.withResolvers<AgentEnd>();

  constructor(parts: AgentParts) {
    this.#parts = parts;
    const { api, credential, journal, checkBook, hostFile, replica, log, gauges, heartbeatMs, onAccepted } = parts;
    const instance = randomUUID();
    const onNews = () => this.#reporter.ring();
    const commands = new CommandLoop({ api, journal, replica, plan: hostFile.plan, log, instance, onNews });
    this.#commands = commands;
    const checks = checkBook === null ? null : new CheckLoop({ book: checkBook, file: hostFile, log });
    this.#checks = checks;
    this.#reporter = new Reporter({
      api,
      credential,
      log,
      gauges,
      heartbeatMs,
      instance,
      sight: commands.sight,
      readOutput: commands.readOutput,
      hello: this.#hello,
      checks,
      onClock: (clock) => {
        commands.noteClock(clock);
        checks?.noteClock(clock);
      },
      onEnd: commands.noteEnd,
      onAccepted,
      onNotAccepted: (before) => this.stop(before ? "revoked" : "not_accepted"),
    });
  }

  /** Works until it is stopped, or until the server doesn't accept it any more. Commands that run go on. */
  async run(): Promise<AgentEnd> {
    const loops = [this.#commands.run(), this.#checks?.run(), this.#reporter.run()];
    for (const loop of loops) loop?.catch((error) => this.#ended.reject(error));
    const why = await this.#ended.promise;
    await Promise.race([Promise.all(loops), delay(2_000, undefined, { ref: false })]);
    return why;
  }

  stop(why: AgentEnd): void {
    this.#ended.resolve(why);
    this.#commands.stop();
    this.#checks?.stop();
    this.#reporter.stop();
  }

  /** Says that the agent's space may have changed. */
  look(): void {
    this.#commands.look();
  }

  /** Reads the host's file again and tells the server what it allows now. */
  reload(): void {
    const { hostFile, log } = this.#parts;
    hostFile.reload();
    const { path: agentFile, problem } = hostFile;
    if (problem === null) log.info({ agentFile }, "agent.yaml read again");
    else log.error({ agentFile, problem }, "agent.yaml can't be used: what was read before still counts");
    this.#commands.look();
    this.#reporter.helloAgain();
  }

  readonly #hello = (): AgentReport => {
    const { hostFile } = this.#parts;
    const { path, problem } = hostFile;
    const check = {
      status: problem === null ? "ok" : "error",
      message: (problem?.replaceAll("\n", "; ") ?? path).slice(0, 500),
      checkedAt: new Date().toISOString(),
    } as const;
    return {
      type: "hello",
      ...this.#parts.facts(),
      ops: hostFile.offers(),
      checks: { [OWN_CHECK]: check },
    };
  };
}
