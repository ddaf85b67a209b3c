/** Tests act over the server's API here: as an administrator, and as a host. */

import { type CookieEnvironment, cookieEnvironment, FleetSession } from "@neverstale/fleet-client";
import type {
  AgentReport,
  Command,
  EnrollAnswer,
  EnrollmentTokenAnswer,
  Host,
  HostPatch,
  OpOffer,
  StateAnswer,
} from "@neverstale/fleet-domain";
import type { JsonObject } from "@neverstale/protocol";
import { WebSocket } from "ws";
import { PASSWORD } from "./fleet-process.ts";

/** This administrator uses the API and no page. */
export class Admin {
  readonly #session: FleetSession;
  readonly #environment: CookieEnvironment;

  private constructor(server: string, origin: string) {
    this.#environment = cookieEnvironment({ origin, WebSocket });
    this.#session = new FleetSession({ server, io: this.#environment.io });
  }

  /** `origin` is where the server thinks that its page is: by default its own address. */
  static async signIn(address: string, origin = address): Promise<Admin> {
    const admin = new Admin(address, origin);
    await admin.#session.signIn({ username: "admin", password: PASSWORD });
    return admin;
  }

  get cookie(): string {
    return this.#environment.headers.cookie ?? "";
  }

  async patchHost(id: string, patch: HostPatch): Promise<void> {
    await this.#session.request(`/api/hosts/${id}`, patch as JsonObject, { method: "PATCH" });
  }

  async silence(hosts: readonly string[], reason: string): Promise<void> {
    const until = new Date(Date.now() + 3_600_000).toISOString();
    await this.#session.follow({ autoStart: false }).silence({ hosts: [...hosts], until, reason });
  }

  async dispatch(op: string, hosts: readonly string[]): Promise<string> {
    const { commands } = await this.#session.follow({ autoStart: false }).dispatchOp(op, hosts);
    const id = commands[0]?.id;
    if (id === undefined) throw new Error("nothing was dispatched");
    return id;
  }

  /** It asks for whatever the API has, by POST, and returns the answer. */
  async ask(path: string, body: JsonObject = {}): Promise<unknown> {
    return this.#session.request(path, body);
  }

  async signOut(): Promise<void> {
    await this.#session.signOut();
  }

  async state(): Promise<StateAnswer> {
    return (await this.#session.get("/api/state")) as unknown as StateAnswer;
  }

  async hosts(): Promise<readonly Host[]> {
    return (await this.state()).state.hosts as unknown as readonly Host[];
  }

  async command(id: string): Promise<Command | undefined> {
    return ((await this.state()).state.commands as unknown as readonly Command[]).find((command) => command.id === id);
  }

  async enrollmentToken(): Promise<string> {
    const made = await this.#session.request("/api/enrollment-tokens", {});
    return (made as unknown as EnrollmentTokenAnswer).token;
  }
}

/** This host says of itself whatever the test wants. The agents' API has no other way of knowing. */
export class Machine {
  readonly #address: string;
  readonly credential: string;
  readonly hostId: string;
  /** Its clock differs so much from the real time. */
  clockAheadMs = 0;
  #seq = 0;
  #sent: Promise<void> = Promise.resolve();
  #speaking: NodeJS.Timeout | undefined;

  private constructor(address: string, { credential, hostId }: EnrollAnswer) {
    this.#address = address;
    this.credential = credential;
    this.hostId = hostId;
  }

  static async enroll(
    address: string,
    admin: Admin,
    hostname: string,
    os = "TestOS 1",
    ops: readonly OpOffer[] = [{ name: "speak", title: "Speak", args: [] }],
  ): Promise<Machine> {
    return Machine.enrollWith(address, await admin.enrollmentToken(), hostname, os, ops);
  }

  static async enrollWith(
    address: string,
    token: string,
    hostname: string,
    os = "TestOS 1",
    ops: readonly OpOffer[] = [{ name: "speak", title: "Speak", args: [] }],
  ): Promise<Machine> {
    const nonce = crypto.randomUUID() + crypto.randomUUID();
    const body = { token, nonce, hostname, os, arch: "x64", agentVersion: "0.1.0" };
    const machine = new Machine(address, await post(`${address}/agent/enroll`, body, {}));
    await machine.report({
      type: "hello",
      hostname,
      os,
      arch: "x64",
      agentVersion: "0.1.0",
      ops: [...ops],
      checks: {},
    });
    machine.#speakOn();
    return machine;
  }

  /** However long a test takes, the host must be heard: after 15 s of silence it is offline, and nothing starts on it. */
  #speakOn(): void {
    this.#speaking = setInterval(() => void this.report().catch(() => undefined), 3_000).unref();
  }

  /** The host is lost, until it reports once more. */
  hush(): void {
    clearInterval(this.#speaking);
  }

  /** The reports go one after the other, as an agent sends them: an older batch behind a newer one would count as a repetition. */
  report(...reports: readonly AgentReport[]): Promise<void> {
    const next = this.#sent.then(() => this.#post(reports));
    this.#sent = next.catch(() => undefined);
    return next;
  }

  async #post(reports: readonly AgentReport[]): Promise<void> {
    this.#seq += 1;
    const sentAt = new Date(Date.now() + this.clockAheadMs).toISOString();
    await post(`${this.#address}/agent/reports`, { instance: "test", seq: this.#seq, sentAt, reports }, this.#headers);
  }

  async claim(commandId: string): Promise<void> {
    await post(`${this.#address}/agent/claims`, { commandId, instance: "test" }, this.#headers);
  }

  /** It writes a piece of output after `offset` bytes, and returns the next offset. */
  async write(commandId: string, offset: number, text: string): Promise<number> {
    const bytes = new TextEncoder().encode(text).length;
    await this.report({ type: "output", commandId, offset, bytes, text });
    return offset + bytes;
  }

  get #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.credential}` };
  }
}

async function post<T>(url: string, body: object, headers: Record<string, string>): Promise<T> {
  const init = {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000), // What hangs would hold up everything behind it.
  };
  return jsonOf<T>(await fetch(url, init));
}

async function jsonOf<T>(response: Response): Promise<T> {
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${text}`);
  return (text === "" ? null : JSON.parse(text)) as T;
}
