/** One request is sent to one node, and the answer is piped to the client as it comes. */

import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { request as httpsRequest, Agent as SecureAgent } from "node:https";
import { isIP } from "node:net";
import { pipeline } from "node:stream";
import { passedOn } from "../link/forward-headers.ts";
import type { LinkTls } from "./outgoing-link.ts";

/**
 * With "unsent" the node has not seen the request. With "lost" and "late" nobody knows what became of it: its answer broke off before
 * it began, or did not come in time.
 */
export type Sent = "answered" | "unsent" | "lost" | "late";

export class RequestSender {
  readonly #plain: Agent;
  readonly #secure: SecureAgent;

  constructor(tls: LinkTls, sockets: number) {
    const options = { keepAlive: true, maxSockets: sockets, maxFreeSockets: 256, scheduling: "lifo" } as const;
    this.#plain = new Agent(options);
    this.#secure = new SecureAgent({ ...options, ...tls });
  }

  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }

  send(parts: RequestParts): Promise<Sent> {
    const { address, method, path, headers, body, response, answerMs } = parts;
    const { protocol, hostname, port } = new URL(address);
    const isSecure = protocol === "https:";
    const agent = isSecure ? this.#secure : this.#plain;
    const host = hostname.replace(/^\[(.*)\]$/, "$1");
    // The certificate is that of the node, whatever name the client has asked for. There is no name for an address of numbers.
    const tls = isSecure ? { servername: isIP(host) === 0 ? host : "" } : {};
    const to = { host, port: port === "" ? (isSecure ? 443 : 80) : port, ...tls };
    const options = { agent, ...to, method, path, setHost: false };
    return new Promise((resolve) => {
      const sent = (isSecure ? httpsRequest : httpRequest)({ ...options, headers });
      let isConnected = false;
      let isLate = false;
      const timer = setTimeout(() => {
        isLate = true;
        sent.destroy();
      }, answerMs);
      const stop = parts.whenGone(() => sent.destroy());
      const clientLeft = () => sent.destroy();
      response.once("close", clientLeft);
      const end = (outcome: Sent) => {
        clearTimeout(timer);
        stop();
        response.off("close", clientLeft);
        resolve(outcome);
      };
      sent.once("socket", (socket) => {
        const connected = () => {
          isConnected = true;
        };
        if (socket.connecting) socket.once(isSecure ? "secureConnect" : "connect", connected);
        else connected();
      });
      sent.on("error", () => {}); // It closes then.
      sent.once("close", () => end(isLate ? "late" : isConnected ? "lost" : "unsent"));
      sent.once("response", (answer: IncomingMessage) => {
        clearTimeout(timer);
        sent.removeAllListeners("close");
        passAnswer(answer, response, () => end("answered"));
      });
      sent.end(body);
    });
  }
}

/** A client gets the answer as it is. One that breaks off breaks off for the client, too. */
function passAnswer(answer: IncomingMessage, response: ServerResponse, done: () => void): void {
  if (response.destroyed || response.headersSent) {
    answer.destroy();
    return done();
  }
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage, passedOn(answer.rawHeaders));
  pipeline(answer, response, () => done());
}

interface RequestParts {
  readonly address: string;
  readonly method: string;
  /** It is the path with the query, as it came. */
  readonly path: string;
  /** They are names and values in turns. */
  readonly headers: readonly string[];
  readonly body: Buffer;
  readonly response: ServerResponse;
  readonly answerMs: number;
  /** The request is given up when the node is gone. This returns how to take `run` back. */
  readonly whenGone: (run: () => void) => () => void;
}
