// @vitest-environment jsdom
import { describe, expect, test, vi } from "vitest";
import { StateSync } from "../../io/state-sync.ts";
import { mutations } from "../../mutations/mutations.ts";
import { adoptSocket } from "../../transport/websocket/io/socket.ts";
import type { EnvironmentSignal } from "../environment.ts";
import { browserEnvironment } from "./browser.ts";
import { requestWith } from "./http.ts";
import { nodeEnvironment, type WebSocketClass } from "./node.ts";

describe("requests", () => {
  function answering(status: number, headers: Record<string, string>, text: string) {
    const calls: { url: unknown; init: RequestInit | undefined }[] = [];
    const fetchIt = async (url: unknown, init?: RequestInit) => {
      calls.push({ url, init });
      return new Response(text, { status, headers });
    };
    return { calls, request: requestWith(fetchIt as typeof fetch, { Authorization: "Bearer x" }) };
  }
  const post = { method: "POST", url: "http://fleet.test/api", body: "{}", timeoutMs: 1_000, signal: null };

  test("carry the headers of the environment and of the request, and no redirect", async () => {
    const { calls, request } = answering(503, { "Retry-After": "3" }, "wait");

    const answer = await request({ ...post, headers: { "Idempotency-Key": "k" } });

    expect(answer).toEqual({ status: 503, retryAfter: "3", text: "wait" });
    expect(calls[0]?.init).toMatchObject({
      method: "POST",
      headers: { Authorization: "Bearer x", "Idempotency-Key": "k" },
      credentials: "same-origin",
      redirect: "error",
    });
  });

  test("end when their caller gives up", async () => {
    const never: typeof fetch = (_url, init) =>
      new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason)));
    const stop = new AbortController();

    const answer = requestWith(never)({ ...post, headers: {}, signal: stop.signal });
    stop.abort(new Error("left"));

    await expect(answer).rejects.toThrow("left");
  });
});

describe("a page", () => {
  function watched() {
    const signals: EnvironmentSignal[] = [];
    const stop = browserEnvironment().watch((signal) => signals.push(signal));
    return { signals, stop };
  }
  const transition = (type: string, persisted: boolean) => Object.assign(new Event(type), { persisted });

  test("[R5] tells when it is seen again, resumed, back from the page cache, on and off line", () => {
    const { signals, stop } = watched();

    document.dispatchEvent(new Event("visibilitychange"));
    document.dispatchEvent(new Event("resume"));
    window.dispatchEvent(transition("pagehide", true));
    window.dispatchEvent(transition("pageshow", true));
    window.dispatchEvent(new Event("offline"));
    window.dispatchEvent(new Event("online"));
    stop();
    window.dispatchEvent(new Event("online"));

    expect(signals).toEqual(["awake", "awake", "suspended", "awake", "offline", "online"]);
  });

  test("one that is left for good, or shown for the first time, is neither suspended nor woken", () => {
    const { signals, stop } = watched();

    window.dispatchEvent(transition("pagehide", false));
    window.dispatchEvent(transition("pageshow", false));
    stop();

    expect(signals).toEqual([]);
  });

  test("ids are 128 random bits", () => {
    const { newId } = browserEnvironment();

    expect(newId()).toMatch(/^[0-9a-f]{32}$/);
    expect(newId()).not.toBe(newId());
  });

  test("a timer that is cancelled does not run", async () => {
    const { after } = browserEnvironment();
    const ran: string[] = [];

    after(1, () => ran.push("cancelled")).cancel();
    await new Promise<void>((resolve) => after(2, () => resolve()));

    expect(ran).toEqual([]);
  });
});

/** A socket of the package `ws` as far as it is used, whose events are the test's. */
class WsLike extends EventTarget {
  static newest: WsLike;
  binaryType = "";
  readyState = 0;
  readonly sent: string[] = [];
  readonly options: unknown;
  #refused: ((request: unknown, response: object) => void) | null = null;

  constructor(_url: string, _protocols: string[], options: unknown) {
    super();
    this.options = options;
    WsLike.newest = this;
  }

  once(_event: string, listener: (request: unknown, response: object) => void): void {
    this.#refused = listener;
  }

  /** With an answer that holds this text. */
  refuse(statusCode: number, text = ""): void {
    const response = Object.assign(new EventTarget(), {
      statusCode,
      on: (event: string, listener: (part: unknown) => void) =>
        response.addEventListener(event, (told) => listener(Reflect.get(told, "data"))),
    });
    this.#refused?.(null, response);
    response.dispatchEvent(Object.assign(new Event("data"), { data: new TextEncoder().encode(text) }));
    response.dispatchEvent(new Event("close"));
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.dispatchEvent(Object.assign(new Event("close"), { code: 1006 }));
  }
}

describe("where a page is rendered on a server", () => {
  const nowhere = { ...browserEnvironment(), baseUrl: null };

  test("a replica with a relative address is idle, and says what is wrong when it is started", () => {
    const sync = new StateSync({ url: "/sync", io: nowhere });

    expect(sync.status).toEqual({ type: "stale", since: null, why: "stopped" });
    expect(() => sync.start()).toThrow(
      expect.objectContaining({ code: "unreachable", hint: expect.stringContaining("absolute address") }),
    );
  });

  test("a replica with mutations and a relative address is idle, too", () => {
    const sync = new StateSync({ url: "/sync", io: nowhere, mutations: mutations(), autoStart: false });

    expect(sync.pending).toEqual([]);
  });

  test("a replica says what it needs where there is no WebSocket", () => {
    vi.stubGlobal("WebSocket", undefined);

    try {
      expect(() => new StateSync({ url: "http://fleet.test/sync", io: nowhere })).toThrow(
        expect.objectContaining({ code: "unreachable", hint: expect.stringContaining("ws") }),
      );
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

describe("a Node program", () => {
  function opened() {
    const codes: number[] = [];
    const frames: (string | Uint8Array)[] = [];
    const io = nodeEnvironment({
      WebSocket: WsLike as unknown as WebSocketClass,
      headers: { Authorization: "Bearer x" },
    });
    const events = { opened: () => {}, received: frames.push.bind(frames), closed: codes.push.bind(codes) };
    const socket = io.openSocket("ws://fleet.test/agent/sync", ["neverstale.v1"], events);
    return { codes, frames, socket, ws: WsLike.newest };
  }

  test.each([
    [401, 4401],
    [403, 4403],
    [404, 4404],
    [426, 4426],
    [429, 1013],
    [503, 1013],
    [500, 1006],
  ])("a refused upgrade with status %i says what the close code %i does", (status, code) => {
    const { codes, ws } = opened();

    ws.refuse(status);

    expect(codes).toEqual([code]);
  });

  test.each([
    ['{"code":"csrf_failed"}', 1006],
    ['{"code":"forbidden"}', 4403],
    ['{"code":"csrf_fai', 4403],
  ])("a refused upgrade with status 403 that says %s is told as %i", (problem, code) => {
    const { codes, ws } = opened();

    ws.refuse(403, problem);

    expect(codes).toEqual([code]);
  });

  test("its credentials go with the socket", () => {
    expect(opened().ws.options).toMatchObject({ headers: { Authorization: "Bearer x" } });
  });

  test("frames come as texts or bytes, and none after the closing", () => {
    const { codes, frames, socket, ws } = opened();
    const message = (data: unknown) => ws.dispatchEvent(Object.assign(new Event("message"), { data }));

    socket.send("too early");
    ws.readyState = 1;
    socket.send("in time");
    message("text");
    message(Uint8Array.of(1, 2).buffer);
    ws.close();
    ws.close();
    message("late");

    expect(ws.sent).toEqual(["in time"]);
    expect(frames).toEqual(["text", Uint8Array.of(1, 2)]);
    expect(codes).toEqual([1006]);
    expect(ws.binaryType).toBe("arraybuffer");
  });
});

test("adopting a socket without `once` works too", () => {
  const target = Object.assign(new EventTarget(), { binaryType: "", readyState: 1, send: () => {}, close: () => {} });
  let opened = 0;

  adoptSocket(target as unknown as Parameters<typeof adoptSocket>[0], {
    opened: () => opened++,
    received: () => {},
    closed: () => {},
  });
  target.dispatchEvent(new Event("open"));

  expect(opened).toBe(1);
});
