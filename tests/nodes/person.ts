/** A person is signed in once, and goes to any node with the same session, as behind a proxy that spreads requests. */

import { WebSocket } from "ws";
import { PASSWORD } from "./node-process.ts";

/** What a person asks goes to this place: a node, or a proxy before nodes. */
export interface Place {
  readonly address: string;
}

export interface PersonAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
  // The answers of all routes come through here, and each test reads only the members that it asserts.
  // biome-ignore lint/suspicious/noExplicitAny: a wrong shape fails the assertion that looks into it
  readonly body: any;
}

export class Person {
  readonly #cookie: string;
  readonly #csrf: string;

  private constructor(cookie: string, csrf: string) {
    this.#cookie = cookie;
    this.#csrf = csrf;
  }

  static async signIn(place: Place): Promise<Person> {
    const answer = await fetch(`${place.address}/api/login`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: place.address },
      body: JSON.stringify({ username: "admin", password: PASSWORD }),
    });
    if (answer.status !== 200) throw new Error(`no sign-in: ${answer.status} ${await answer.text()}`);
    const { csrfToken } = (await answer.json()) as { csrfToken: string };
    return new Person(answer.headers.get("set-cookie")?.split(";", 1)[0] ?? "", csrfToken);
  }

  headersAt({ address }: Place): Record<string, string> {
    return { cookie: this.#cookie, origin: address, "x-csrf-token": this.#csrf };
  }

  /** A node that can't know for a moment whether it holds the newest is asked again, as by any client. */
  async get(place: Place, path: string): Promise<PersonAnswer> {
    for (;;) {
      const answer = await this.call(place, "GET", path);
      if (answer.status !== 503) return answer;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  async call(
    place: Place,
    method: string,
    path: string,
    body?: unknown,
    more: Readonly<Record<string, string>> = {},
  ): Promise<PersonAnswer> {
    const type = body === undefined ? {} : { "content-type": "application/json" };
    const answer = await fetch(place.address + path, {
      method,
      headers: { ...this.headersAt(place), ...type, ...more },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = /json/.test(answer.headers.get("content-type") ?? "");
    return {
      status: answer.status,
      text,
      headers: answer.headers,
      body: isJson && text !== "" ? JSON.parse(text) : {},
    };
  }

  // biome-ignore lint/suspicious/noExplicitAny: a test looks into the state as JSON
  async state(place: Place): Promise<any> {
    const { body } = await this.get(place, "/api/state");
    return body.state;
  }

  /** It resolves once the socket is open. */
  async socket(place: Place, path = "/sync"): Promise<WebSocket> {
    const socket = new WebSocket(place.address.replace("http", "ws") + path, { headers: this.headersAt(place) });
    socket.on("error", () => {});
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    return socket;
  }
}
