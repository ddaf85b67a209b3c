/** Tests act over the server's API here: as an administrator, and as a host. */

import type {
  AgentReport,
  Command,
  EnrollAnswer,
  EnrollmentTokenAnswer,
  Host,
  HostPatch,
  OpOffer,
  SessionAnswer,
  StateAnswer,
} from "@neverstale/fleet-domain";
import { PASSWORD } from "./fleet-process.ts";

/** This administrator uses the API and no page. */
export class Admin {
  readonly #address: string;
  readonly #origin: string;
  readonly cookie: string;
  readonly #csrfToken: string;

  private constructor(address: string, origin: string, cookie: string, csrfToken: string) {
    this.#address = address;
    this.#origin = origin;
    this.cookie = cookie;
    this.#csrfToken = csrfToken;
  }

  /** `origin` is where the server thinks that its page is: by default its own address. */
  static async signIn(address: string, origin = address): Promise<Admin> {
    const response = await fetch(`${address}/api/login`, {
      method: "POST",
      headers: { "content-type": "application/json", origin },
      body: JSON.stringify({ username: "admin", password: PASSWORD }),
    });
    const answer = await jsonOf<SessionAnswer>(response);
    const cookie = response.headers.getSetCookie()[0]?.split(";")[0];
    if (cookie === undefined) throw new Error("signing in gave no cookie");
    return new Admin(address, origin, cookie, answer.csrfToken);
  }

  async patchHost(id: string, patch: HostPatch): Promise<void> {
    await this.#send("PATCH", `/api/hosts/${id}`, patch);
  }

  async dispatch(op: string, hosts: readonly string[]): Promise<string> {
    const answer = await this.#send<{ commands: { id: string }[] }>("POST", "/api/dispatch", { op, hosts });
    const id = answer.commands[0]?.id;
    if (id === undefined) throw new Error("nothing was dispatched");
    return id;
  }

  async signOut(): Promise<void> {
    await this.#send("POST", "/api/logout", {});
  }

  async state(): Promise<StateAnswer> {
    return jsonOf(await fetch(`${this.#address}/api/state`, { headers: { cookie: this.cookie } }));
  }

  async hosts(): Promise<readonly Host[]> {
    return (await this.state()).state.hosts as unknown as readonly Host[];
  }

  async command(id: string): Promise<Command | undefined> {
    return ((await this.state()).state.commands as unknown as readonly Command[]).find((command) => command.id === id);
  }

  async enrollmentToken(): Promise<string> {
    return (await this.#send<EnrollmentTokenAnswer>("POST", "/api/enrollment-tokens", {})).token;
  }

  async #send<T>(method: string, path: string, body: object): Promise<T> {
    const headers = {
      "content-type": "application/json",
      cookie: this.cookie,
      origin: this.#origin,
      "x-csrf-token": this.#csrfToken,
    };
    return jsonOf<T>(await fetch(`${this.#address}${path}`, { method, headers, body: JSON.stringify(body) }));
  }
}

/** This host says of itself whatever the test wants. The agents' API has no other way of knowing. */
export class Machine {
  readonly #address: string;
  readonly credential: string;
  readonly hostId: string;
  #seq = 0;
  #sent: Promise<void> = Promise.resolve();

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
    const token = await admin.enrollmentToken();
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
    setInterval(() => void this.report().catch(() => undefined), 3_000).unref();
  }

  /** The reports go one after the other, as an agent sends them: an older batch behind a newer one would count as a repetition. */
  report(...reports: readonly AgentReport[]): Promise<void> {
    const next = this.#sent.then(() => this.#post(reports));
    this.#sent = next.catch(() => undefined);
    return next;
  }

  async #post(reports: readonly AgentReport[]): Promise<void> {
    this.#seq += 1;
    await post(`${this.#address}/agent/reports`, { instance: "test", seq: this.#seq, reports }, this.#headers);
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
