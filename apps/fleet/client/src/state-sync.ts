/** The fleet's `StateSync` follows the fleet, starts ops and pipelines on its hosts, and cancels what it started. */

import { StateSync as EngineStateSync, type RequestOptions, request, type StateSyncOptions } from "@neverstale/client";
import type { Args, Fleet, HostTarget, SilenceRequest } from "@neverstale/fleet-domain";
import type { JsonValue } from "@neverstale/protocol";
import { type DispatchedOp, type DispatchedPipeline, dispatchedOp, dispatchedPipeline } from "./dispatch-answers.ts";

/** A page says `new StateSync()`, a program `new StateSync({ server, io })`. The engine's `request` says how each request ends. */
export class StateSync<State = Fleet> extends EngineStateSync<State> {
  readonly #server: string;

  constructor({ server = "", byToken = false, ...options }: FleetSyncOptions = {}) {
    const base = withoutSlash(server);
    super({ url: `${base}/sync`, ...(!byToken && { csrf: `${base}/api/session` }), ...options });
    this.#server = base;
  }

  /** Starts an op on hosts (rules D1-D4). */
  async dispatchOp(op: string, where: DispatchTarget, options: OpOptions = {}): Promise<DispatchedOp> {
    const { args, wait, force, totp, hostCount, ifVersion, ifEpoch, ...request } = options;
    const body = { op, ...whereIn(where), ...given({ args, wait, force, totp, hostCount, ifVersion, ifEpoch }) };
    return dispatchedOp(await this.#post("/api/dispatch", body, request));
  }

  /** Starts a pipeline on hosts (rules D1-D4). */
  async dispatchPipeline(
    pipeline: string,
    where: DispatchTarget,
    options: PipelineOptions = {},
  ): Promise<DispatchedPipeline> {
    const { totp, hostCount, ifVersion, ifEpoch, ...request } = options;
    const body = { pipeline, ...whereIn(where), ...given({ totp, hostCount, ifVersion, ifEpoch }) };
    return dispatchedPipeline(await this.#post("/api/dispatch/pipeline", body, request));
  }

  /** Asks the host's agent to stop a command. What became of it shows in the state. */
  async cancelCommand(id: string, options?: RequestOptions): Promise<void> {
    await this.#post(`/api/commands/${encodeURIComponent(id)}/cancel`, undefined, options);
  }

  /** Asks the agents to stop all commands that one dispatch has started. */
  async cancelRun(id: string, options?: RequestOptions): Promise<void> {
    await this.#post(`/api/runs/${encodeURIComponent(id)}/cancel`, undefined, options);
  }

  /**
   * Stops what runs of a pipeline, unless it is to be left to run to its end, and starts no further stage of it. What became of it shows in
   * the state.
   */
  async cancelPipeline(id: string, options: CancelPipelineOptions = {}): Promise<void> {
    const { running = "stop", ...request } = options;
    const query = running === "stop" ? "" : "?running=leave";
    await this.#post(`/api/pipelines/${encodeURIComponent(id)}/cancel${query}`, undefined, request);
  }

  /** Runs what a pipeline left undone, in a pipeline of its own (rules D1-D4). */
  async retryPipeline(
    id: string,
    only: "failed" | "failed_and_not_started",
    options: SafeguardOptions = {},
  ): Promise<DispatchedPipeline> {
    const { totp, hostCount, ifVersion, ifEpoch, ...request } = options;
    const body = { only, ...given({ totp, hostCount, ifVersion, ifEpoch }) };
    return dispatchedPipeline(await this.#post(`/api/pipelines/${encodeURIComponent(id)}/retry`, body, request));
  }

  /** Says that somebody has seen an alert. */
  async acknowledgeAlert(id: string, options?: RequestOptions): Promise<void> {
    await this.#post(`/api/alerts/${encodeURIComponent(id)}/acknowledge`, undefined, options);
  }

  /** Closes an alert though what it says may still be so. */
  async resolveAlert(id: string, options?: RequestOptions): Promise<void> {
    await this.#post(`/api/alerts/${encodeURIComponent(id)}/resolve`, undefined, options);
  }

  /** Keeps alerts about hosts from firing until then. */
  async silence(silence: SilenceRequest, options?: RequestOptions): Promise<void> {
    const { hosts, tags, from, until, reason } = silence;
    await this.#post("/api/silences", { until, reason, ...given({ hosts, tags, from }) }, options);
  }

  /** Ends a silence before its time. */
  async endSilence(id: string, options: RequestOptions = {}): Promise<void> {
    await request(this.route(`${this.#server}/api/silences/${encodeURIComponent(id)}`), undefined, {
      ...options,
      method: "DELETE",
    });
  }

  #post(path: string, body: JsonValue | undefined, options: RequestOptions = {}): Promise<JsonValue> {
    return request(this.route(this.#server + path), body, options);
  }
}

export interface FleetSyncOptions extends Omit<StateSyncOptions, "url"> {
  /** This is the address of the server, such as `https://fleet.example/base`. By default it is where the page came from. */
  readonly server?: string;
  /** The environment shows an API token, beside which no CSRF token is asked for. */
  readonly byToken?: boolean;
  /** Another space of the server is followed, such as the output of a command. */
  readonly url?: string;
}

/** An option that is absent is not sent. */
export interface OpOptions extends SafeguardOptions {
  readonly args?: Args;
  /** On a busy host it runs afterwards instead of being blocked. */
  readonly wait?: boolean;
  /** It runs where it would be blocked, as far as the server allows that. */
  readonly force?: boolean;
}

/** Something runs on hosts with these ids, or on those that the server finds then. */
export type DispatchTarget = readonly string[] | HostTarget;

function whereIn(target: DispatchTarget): Record<string, JsonValue> {
  return isList(target) ? { hosts: target } : { target: given(target) };
}

function isList(target: DispatchTarget): target is readonly string[] {
  return Array.isArray(target);
}

export interface CancelPipelineOptions extends RequestOptions {
  readonly running?: "stop" | "leave";
}

export type PipelineOptions = SafeguardOptions;

/** A code and the number of hosts are for what is dangerous, which is refused without them. */
export interface SafeguardOptions extends RequestOptions {
  /** This is a one-time code of the second factor. */
  readonly totp?: string;
  /** It is meant for so many hosts. */
  readonly hostCount?: number;
  /** Where what it relies on has moved since this version of this epoch, it is refused with `precondition_failed`, and nothing is started. */
  readonly ifVersion?: number;
  readonly ifEpoch?: string;
}

/** Returns the address of a server so that a path can follow it. */
export function withoutSlash(server: string): string {
  return server.replace(/\/+$/, "");
}

/** Returns the members that are given. */
export function given(members: Readonly<Record<string, JsonValue | undefined>>): Record<string, JsonValue> {
  const kept: Record<string, JsonValue> = {};
  for (const [name, value] of Object.entries(members)) if (value !== undefined) kept[name] = value;
  return kept;
}
