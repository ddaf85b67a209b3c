import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect as connectTcp } from "node:net";
import { collection, defineModel, put } from "@neverstale/protocol";
import { afterEach, describe, expect, test } from "vitest";
import { StateManager } from "../../../authority/io/open.ts";
import type { Limits } from "../../../limits/limits.ts";
import { memoryStore } from "../../../store/memory.ts";
import type { Refusal } from "../../refusal.ts";
import { until } from "../../websocket/io/upgrade-suite.ts";
import { type HttpEndpoint, type ServeHttpOptions, serveHttp } from "./serve-http.ts";

const model = defineModel({
  model: 1,
  collections: { hosts: collection(null) },
  changes: { host_added: put("hosts") },
});

let http: Server;
let manager: StateManager<typeof model>;
let endpoint: HttpEndpoint;
let origin: string;

async function start(options: Omit<ServeHttpOptions, "manager"> = {}, limits: Partial<Limits> = {}): Promise<void> {
  manager = await StateManager.open({ model, store: memoryStore(), limits });
  endpoint = serveHttp({ manager, ...options });
  http = createServer((request, response) => {
    if (!endpoint.handle(request, response)) response.writeHead(404).end("somebody else's");
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

afterEach(async () => {
  endpoint.close();
  await manager.close();
  http.closeAllConnections();
  await new Promise((resolve) => http.close(resolve));
});

const get = (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) =>
  fetch(`${origin}/sync/${path}`, { headers, ...init });
const at = (version: number) => `${manager.space("main")?.creationId}/${manager.epoch}/${version}`;
const add = (id: string, data = {}) => manager.apply({ type: "host_added", target: id, data });
const everybody = () => "main";

async function messagesIn(answer: Response): Promise<Record<string, unknown>[]> {
  return (await answer.text()).split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line)]));
}

describe("answers", () => {
  test("[H1] a redirect leads to the state, as one gzip, or as text for whoever takes none", async () => {
    await start({ publicSpace: everybody });
    for (let n = 0; n < 50; n += 1) await add(`host-${n}`, { text: "ä€😀" });

    const zipped = await get("snapshot");
    const plain = await get("snapshot", { "Accept-Encoding": "identity" });
    const [state, same] = [await zipped.text(), await plain.text()];

    expect(new URL(zipped.url).pathname).toBe(`/sync/s/${at(50)}`);
    expect(zipped.headers.get("Content-Encoding")).toBe("gzip");
    expect(Number(zipped.headers.get("Neverstale-Size"))).toBe(Buffer.byteLength(state));
    expect([plain.headers.get("Content-Encoding"), same]).toEqual([null, state]);
    expect(JSON.parse(state)).toMatchObject({ type: "full_state", version: 50 });
    const known = await get(`s/${at(50)}`, { "If-None-Match": zipped.headers.get("ETag") ?? "" });
    expect(known.status).toBe(304);
    expect(zipped.headers.get("ETag")).toBe(`W/"s/${at(50)}"`);
  });

  test("[H1] HEAD says what GET would, OPTIONS what may be asked, and nothing else may", async () => {
    await start({ publicSpace: everybody });
    await add("a");
    await get("snapshot");

    const head = await get(`s/${at(1)}`, {}, { method: "HEAD" });
    const options = await get("snapshot", {}, { method: "OPTIONS" });
    const refused = [await get("snapshot", {}, { method: "POST" }), await get(`t/${at(1)}`, {}, { method: "HEAD" })];

    expect([head.status, head.headers.get("Content-Encoding"), await head.text()]).toEqual([200, "gzip", ""]);
    expect([options.status, options.headers.get("Allow")]).toEqual([204, "GET, HEAD, OPTIONS"]);
    expect(refused.map(({ status }) => status)).toEqual([405, 405]);
  });

  test("[H2] a poll is answered by lines of messages once something has changed, compressed where that is worth it", async () => {
    await start({ publicSpace: everybody });
    await add("a");

    const small = get(`t/${at(1)}`);
    await until(() => endpoint.httpMetrics.readers === 1);
    await add("b");
    const large = get(`t/${at(2)}`);
    await until(() => endpoint.httpMetrics.readers === 1);
    await add("c", { text: "x".repeat(5_000) });

    expect((await messagesIn(await small)).map(({ type }) => type)).toEqual(["sync", "delta", "sync"]);
    const answer = await large;
    expect(answer.headers.get("Content-Encoding")).toBe("gzip");
    expect(await messagesIn(answer)).toMatchObject([{ version: 2 }, { from: 2, version: 3 }, { version: 3 }]);
    await until(() => endpoint.httpMetrics.readers === 0);
  });

  test("[H2] a diff that is made off the event loop comes in an answer too, and in a stream", async () => {
    await start({ publicSpace: everybody }, { largeDeltaChars: 1_000 });
    await add("a");
    const poll = get(`t/${at(1)}`);
    const stream = await get(`live/${at(1)}`);
    await until(() => endpoint.httpMetrics.readers === 2);

    await add("b", { text: "x".repeat(5_000) });
    await add("c");

    expect((await messagesIn(await poll)).map(({ type }) => type)).toContain("delta");
    let text = "";
    for await (const bytes of stream.body ?? []) {
      text += Buffer.from(bytes).toString();
      if (text.includes('"version":3')) break;
    }
    expect(text).toMatch(/^id: \d+\ndata: \{"type":"sync"/);
    expect(text).toContain('data: {"type":"delta","from":1,"version":2');
  });

  test("[H4] whoever leaves a stream is forgotten, and a connection that is cut is too", async () => {
    await start({ publicSpace: everybody });
    const socket = connectTcp(Number(new URL(origin).port));
    socket.write(`GET /sync/live/${at(0)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    await until(() => endpoint.httpMetrics.readers === 1);

    socket.destroy();

    await until(() => endpoint.httpMetrics.readers === 0);
    expect(endpoint.metrics.connections).toBe(0);
  });

  test("what is no address of the profile is left to others", async () => {
    await start();

    const others = [await get(""), await get("s/a/b/c"), await get("t/a/b"), await fetch(`${origin}/other/snapshot`)];

    expect(others.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
    expect(await others[3]?.text()).toBe("somebody else's");
  });
});

describe("who may ask", () => {
  const authorize = ({ headers }: IncomingMessage) =>
    headers.cookie === undefined
      ? { refuse: 401, code: "not_signed_in", message: "nobody is signed in" }
      : { space: "main", subject: headers.cookie };

  test("[H8] [C51] a space that isn't public is for sessions, and its answers are kept by nobody", async () => {
    const refused: Refusal[] = [];
    await start({ authorize, onRefused: (_, refusal) => refused.push(refusal) });
    await add("a");

    const stranger = await get("snapshot");
    const known = await get("snapshot", { Cookie: "ann" });

    expect([stranger.status, await stranger.json()]).toMatchObject([401, { code: "not_signed_in", status: 401 }]);
    expect(stranger.headers.get("Cache-Control")).toBe("no-store");
    expect([known.status, known.headers.get("Cache-Control")]).toEqual([200, "private, no-store"]);
    expect(refused).toMatchObject([{ refuse: 401 }]);
  });

  test("[H8] [A11] a revocation ends polls and streams at once, and leaves those of public spaces", async () => {
    await start({ authorize, publicSpace: (path) => (path === "/open" ? "main" : null), path: () => true });
    const poll = get(`t/${at(0)}`, { Cookie: "ann" });
    const other = fetch(`${origin}/open/t/${at(0)}`);
    const stream = await get(`live/${at(0)}`, { Cookie: "ann" });
    await until(() => endpoint.httpMetrics.readers === 3);

    expect(endpoint.revoke((subject) => (subject === "ann" ? 4401 : 4403))).toBe(2);

    expect((await poll).status).toBe(401);
    expect(await stream.text()).not.toContain("4401");
    await add("a");
    expect((await other).status).toBe(200);
  });

  test("[H8] a page of another site is refused, with a cookie also where it names no Origin", async () => {
    await start({ authorize });
    const foreign = [
      await get("snapshot", { Cookie: "ann", Origin: "https://evil.example" }),
      await get("snapshot", { Cookie: "ann", "Sec-Fetch-Site": "cross-site" }),
    ];
    const own = await get("snapshot", { Cookie: "ann", "Sec-Fetch-Site": "same-origin" });

    expect([...foreign, own].map(({ status }) => status)).toEqual([403, 403, 200]);
    expect(await foreign[0]?.json()).toMatchObject({ code: "origin_refused" });
  });

  test("[H8] a page of any site may read a public space", async () => {
    await start({ publicSpace: everybody, authorize });

    const answer = await get("snapshot", { Origin: "https://other.example" });

    expect([answer.status, answer.headers.get("Access-Control-Allow-Origin")]).toEqual([200, "*"]);
  });

  test("[A10] [B63] readers are bounded, in all and for an address", async () => {
    await start(
      { publicSpace: everybody, addressOf: ({ headers }) => `${headers["x-from"]}` },
      { readers: 2, readersPerAddress: 1 },
    );
    void get(`t/${at(0)}`, { "X-From": "a" }).catch(() => {});
    await until(() => endpoint.httpMetrics.readers === 1);

    const sameAddress = await get(`t/${at(0)}`, { "X-From": "a" });
    void get(`t/${at(0)}`, { "X-From": "b" }).catch(() => {});
    await until(() => endpoint.httpMetrics.readers === 2);
    const third = await get(`t/${at(0)}`, { "X-From": "c" });

    expect([sameAddress.status, third.status]).toEqual([429, 503]);
    expect(third.headers.get("Retry-After")).toBe("5");
    expect([endpoint.metrics.tooManyFromAddress, endpoint.metrics.tooManyConnections]).toEqual([1, 1]);
  });

  test("[H2] whoever comes when the authority has ended is told to come back", async () => {
    await start({ publicSpace: everybody });
    const poll = get(`t/${at(0)}`);
    await until(() => endpoint.httpMetrics.readers === 1);

    await manager.close();

    const answers = [await poll, await get("snapshot")];
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    expect(await answers[1]?.json()).toMatchObject({ code: "shutting_down" });
  });

  test("what a function of the owner's throws is 500, and the owner is told", async () => {
    const told: unknown[] = [];
    await start({
      publicSpace: () => {
        throw new Error("no idea");
      },
      onError: (error) => told.push(error),
    });

    expect((await get("snapshot")).status).toBe(500);
    expect(told).toMatchObject([{ message: "no idea" }]);
  });
});
