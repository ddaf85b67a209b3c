import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { StateManager } from "../../../authority/state-manager.ts";
import { addCard, board, countUp } from "../../../mutations/board-suite.ts";
import { nodeRuntime } from "../../../runtime/io/node-runtime.ts";
import { VirtualRuntime } from "../../../runtime/virtual-runtime-suite.ts";
import { memoryStore } from "../../../store/memory.ts";
import type { Refusal } from "../../refusal.ts";
import type { MutationGrant } from "../mutation-service.ts";
import { mutationsHandler, serveMutations } from "./serve-mutations.ts";

const LINE = "t0000000000000-line-of-a-page-1";
const TOKEN = "the-token-of-the-session";

let manager: StateManager<typeof board>;
let errors: unknown[];

beforeEach(async () => {
  errors = [];
  manager = await StateManager.openWith(
    { model: board, store: memoryStore(), mutations: [addCard, countUp] },
    nodeRuntime(),
  );
});
afterEach(() => manager.close());

const who = (user: string | null): MutationGrant | Refusal =>
  user === null ? { refuse: 401, code: "not_signed_in", message: "nobody is signed in" } : { user };

const options = <Request>(userOf: (request: Request) => string | null) => ({
  manager,
  csrf: () => TOKEN,
  authorize: (request: Request) => who(userOf(request)),
  onError: (error: unknown) => errors.push(error),
});

const body = (more: object = {}) => ({
  line: LINE,
  epoch: manager.epoch,
  acked: 0,
  mutations: [{ n: 1, name: "add_card", revision: 1, args: { title: "a" } }],
  ...more,
});

const HEADERS = { "Content-Type": "application/json", "X-CSRF-Token": TOKEN, "X-User": "ann" };

/** The same requests are made to a Node http server, and to a function from `Request` to `Response`. */
const ways = {
  "a Node http server": async () => {
    const answer = serveMutations(options<IncomingMessage>(({ headers }) => String(headers["x-user"] ?? "") || null));
    const server = createServer((request, response) => void answer(request, response));
    const port = await listening(server);
    const post = (init: RequestInit) => fetch(`http://localhost:${port}/mutations`, init);
    return { post, end: () => new Promise((resolve) => server.close(resolve).closeAllConnections()) };
  },
  "a function from Request to Response": async () => {
    const answer = mutationsHandler(options<Request>(({ headers }) => headers.get("x-user") || null));
    const post = (init: RequestInit) => answer(new Request("http://localhost/mutations", init));
    return { post, end: async () => {} };
  },
};

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

describe.each(Object.keys(ways) as (keyof typeof ways)[])("mutations over %s", (way) => {
  let served: Awaited<ReturnType<(typeof ways)[typeof way]>>;

  beforeEach(async () => {
    served = await ways[way]();
  });
  afterEach(() => served.end());

  const post = async (sent: unknown, headers: object = {}, method = "POST") => {
    const text = typeof sent === "string" ? sent : JSON.stringify(sent);
    const init = method === "GET" ? { method } : { method, body: text };
    const answer = await served.post({ ...init, headers: { ...HEADERS, ...headers } });
    return {
      status: answer.status,
      retryAfter: answer.headers.get("retry-after"),
      body: (await answer.json()) as Record<string, unknown>,
    };
  };

  test("[U4] a line that is posted is answered with its outcomes", async () => {
    const { status, body: answer } = await post(body());

    expect(status).toBe(200);
    expect(answer).toEqual({
      epoch: manager.epoch,
      outcomes: [{ n: 1, type: "done", version: 1, answer: { id: `${LINE}.1.1` } }],
    });
    expect(manager.state.cards.size).toBe(1);
  });

  test.each([
    ["nobody is signed in", {}, { "X-User": "" }, 401, "not_signed_in"],
    ["the token is missing", {}, { "X-CSRF-Token": "" }, 403, "csrf_failed"],
    ["the token is another one", {}, { "X-CSRF-Token": "another" }, 403, "csrf_failed"],
    ["the page is foreign", {}, { Origin: "https://elsewhere.example" }, 403, "origin_refused"],
    ["the body is no JSON by its type", {}, { "Content-Type": "text/plain" }, 415, "bad_message"],
    ["the line is no line", { line: "short" }, {}, 400, "bad_message"],
    ["there is no mutation", { mutations: [] }, {}, 400, "bad_message"],
    ["a number is left out", { mutations: [asked(1), asked(3)] }, {}, 400, "bad_message"],
    ["there are too many", { mutations: Array.from({ length: 65 }, (_, i) => asked(i + 1)) }, {}, 400, "bad_message"],
    ["the epoch is missing", { epoch: 7 }, {}, 400, "bad_message"],
    ["more is acked than is asked", { acked: 1 }, {}, 400, "bad_message"],
  ] as const)("is turned away when %s, and nothing is decided", async (_, sent, headers, status, code) => {
    const answer = await post(body(sent), headers);

    expect([answer.status, answer.body.code]).toEqual([status, code]);
    expect(manager.state.cards.size).toBe(0);
    expect(errors).toEqual([]);
  });

  test("a body that is no JSON, and a request that is no POST, are turned away", async () => {
    expect(await post("{")).toMatchObject({ status: 400, body: { code: "bad_message" } });
    expect(await post("", {}, "GET")).toMatchObject({ status: 405 });
  });

  test("[U4] [B90] a body of more than 256 KiB is turned away before it is read to its end", async () => {
    const title = "x".repeat(300 * 1024);

    const answer = await post(body({ mutations: [{ n: 1, name: "add_card", revision: 1, args: { title } }] }));

    expect(answer).toMatchObject({ status: 413 });
    expect(manager.state.cards.size).toBe(0);
  });
});

test("[U4] a body that does not come within 10 s is given up, and may be asked for again", async () => {
  const runtime = new VirtualRuntime();
  const slow = await StateManager.openWith({ model: board, store: memoryStore(), mutations: [addCard] }, runtime);
  const answer = mutationsHandler({ manager: slow, authorize: () => ({ user: "ann" }) });
  const stream = new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from("{")) });
  const init = { method: "POST", body: stream, headers: HEADERS, duplex: "half" } as RequestInit;

  const answered = answer(new Request("http://localhost/", init));
  await runtime.pass(10_100);

  expect((await answered).status).toBe(408);
});

test("a body that is cut off is no fault of the program", async () => {
  const answer = mutationsHandler(options<Request>(() => "ann"));
  const stream = new ReadableStream({ start: (controller) => controller.error(new Error("the page was closed")) });
  const init = { method: "POST", body: stream, headers: HEADERS, duplex: "half" } as RequestInit;

  expect((await answer(new Request("http://localhost/", init))).status).toBe(400);
  expect(errors).toEqual([]);
});

test("a request whose body was read before is a fault that the owner is told of, and the page asks again", async () => {
  const answer = mutationsHandler(options<Request>(() => "ann"));
  const read = new Request("http://localhost/", { method: "POST", body: JSON.stringify(body()), headers: HEADERS });
  await read.text();
  expect((await answer(read)).status).toBe(500);

  const handle = serveMutations(options<IncomingMessage>(() => "ann"));
  const server = createServer(async (request, response) => {
    for await (const _ of request.iterator({ destroyOnReturn: false }));
    await handle(request, response);
  });
  const port = await listening(server);
  const init = { method: "POST", body: JSON.stringify(body()), headers: HEADERS };
  expect((await fetch(`http://localhost:${port}/`, init)).status).toBe(500);
  await new Promise((resolve) => server.close(resolve).closeAllConnections());
  expect(errors.map(String)).toEqual([expect.stringContaining("read"), expect.stringContaining("read")]);
});

test("args that are nested without end, or have names that no object may have, are turned away", async () => {
  const answer = mutationsHandler(options<Request>(() => "ann"));
  const post = async (args: string) => {
    const text = JSON.stringify(body()).replace('{"title":"a"}', args);
    return (await answer(new Request("http://localhost/", { method: "POST", body: text, headers: HEADERS }))).status;
  };

  expect(await post(`${"[".repeat(100_000)}${"]".repeat(100_000)}`)).toBe(400);
  expect(await post('{"title":"a","__proto__":{"x":1}}')).toBe(400);
  expect(await post('{"title":1e999}')).toBe(400);
  expect(await post('{"title":"\\ud800"}')).toBe(400);
  expect(errors).toEqual([]);
});

test.each([
  [
    "throws",
    () => {
      throw new Error("the session store is gone");
    },
  ],
  ["gives neither a user nor a refusal", () => ({}) as MutationGrant],
])("an owner whose judgement %s lets nobody in, and is told of it", async (_, authorize) => {
  const answer = mutationsHandler({ manager, authorize, onError: (error) => errors.push(error) });
  const request = new Request("http://localhost/", { method: "POST", body: JSON.stringify(body()), headers: HEADERS });

  expect((await answer(request)).status).toBe(500);
  expect(errors).toHaveLength(1);
  expect(manager.state.cards.size).toBe(0);
});

test("[U22] [B91] a user who mutates too fast is told when to go on, and another one is not held up", async () => {
  const runtime = new VirtualRuntime();
  const slow = await StateManager.openWith({ model: board, store: memoryStore(), mutations: [addCard] }, runtime);
  const answer = mutationsHandler({
    manager: slow,
    authorize: ({ headers }) => ({ user: `${headers.get("x-user")}` }),
  });
  const post = (first: number, line: string, user: string) => {
    const mutations = Array.from({ length: 60 }, (_, index) => asked(first + index));
    const sent = JSON.stringify(body({ line, mutations, epoch: slow.epoch }));
    return answer(
      new Request("http://localhost/", { method: "POST", body: sent, headers: { ...HEADERS, "X-User": user } }),
    );
  };

  const answers = Array.from({ length: 9 }, (_, index) => post(index * 60 + 1, LINE, "ann"));
  answers.push(post(1, "t0000000000000-line-of-a-page-2", "bob"));
  const all = Promise.all(answers);
  await runtime.pass(500);

  const statuses = (await all).map(({ status }) => status);
  expect(statuses).toEqual([200, 200, 200, 200, 200, 200, 200, 200, 429, 200]);
  expect((await all)[8]?.headers.get("retry-after")).toBe("1");
});

function asked(n: number) {
  return { n, name: "add_card", revision: 1, args: { title: "a" } };
}
