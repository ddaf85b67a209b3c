/** The control tells the server under test over HTTP what to change: `POST /changes`, `POST /restart`, `POST /takeover`. */

import type { JsonObject } from "@neverstale/protocol";
import type { Control } from "../tested.ts";

/** A change is answered when it is on disk, and a restart when the server listens again. Neither is quick everywhere. */
const ANSWER_MS = 60_000;

export class HttpControl implements Control {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, headers: Readonly<Record<string, string>>) {
    this.#url = url.replace(/\/$/, "");
    this.#headers = headers;
  }

  async change(changes: readonly JsonObject[]): Promise<boolean> {
    const { status } = await this.#post("/changes", JSON.stringify(changes));
    if (status >= 500) throw new Error(`the control answered ${status}`);
    return status >= 200 && status < 300;
  }

  restart(): Promise<boolean> {
    return this.#postWhereKnown("/restart");
  }

  takeOver(): Promise<boolean> {
    return this.#postWhereKnown("/takeover");
  }

  async #postWhereKnown(path: string): Promise<boolean> {
    const { ok, status } = await this.#post(path, "");
    if (!ok && status !== 404 && status !== 405) throw new Error(`the control answered ${status}`);
    return ok;
  }

  async #post(path: string, body: string): Promise<Response> {
    const headers = { ...this.#headers, "Content-Type": "application/json" };
    const signal = AbortSignal.timeout(ANSWER_MS);
    const response = await fetch(`${this.#url}${path}`, { method: "POST", headers, body, signal });
    await response.arrayBuffer();
    return response;
  }
}
