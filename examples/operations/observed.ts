import { AsyncLocalStorage } from "node:async_hooks";
import { once } from "node:events";
import { createServer } from "node:http";
import { nodeEnvironment, StateSync } from "@neverstale/client";
import { mutations } from "@neverstale/client/mutations";
import { collection, defineModel, defineMutation, put, refuse } from "@neverstale/protocol";
import { memoryStore, StateManager, serveMutations, serveSync } from "@neverstale/server";
import { WebSocket } from "ws";
import { z } from "zod";

const board = defineModel({
  model: 1,
  collections: { cards: collection<{ id: string; title: string }>() },
  changes: { card_added: put("cards") },
});
const log = (event: string, facts: object = {}) => console.log(JSON.stringify({ event, ...facts }));

// A span of your own tracer stands here.
const trace = new AsyncLocalStorage<string>();

const addCard = defineMutation({
  name: "add_card",
  model: board,
  args: z.object({ title: z.string() }),
  decide: (_, { title }, { newId }) => {
    if (title === "") return refuse("no_title", "A card needs a title.");
    return [{ type: "card_added", target: newId(), data: { title } }];
  },
});

// #region logs
const manager = await StateManager.open({
  model: board,
  store: memoryStore(),
  mutations: [addCard],
  // Records of an earlier release that today's model would refuse. They are served all the same.
  onProblems: (problems) => log("problems", { count: problems.count }),
  // Nobody knows what became of a commit: end the process, and have it started again.
  onFailure: (error) => {
    log("failure", { code: error.code, hint: error.hint });
    process.exit(1);
  },
});
const server = createServer((request, response) => {
  if (request.url === "/metrics") response.end(metricsText());
  else if (request.url === "/mutations")
    void trace.run(String(request.headers.traceparent), () => served(request, response));
  else response.writeHead(404).end();
});
const endpoint = serveSync(server, {
  manager,
  onJoin: ({ subject, space }) => log("joined", { subject, space }),
  onLeave: ({ subject, space }) => log("left", { subject, space }),
  onRefused: (request, { refuse, code }) => log("refused", { path: request.url?.split("?")[0], status: refuse, code }),
  onError: (error) => log("error", { message: String(error) }), // One of these functions, or `authorize`, threw.
  authorize: (_, { url }) => {
    const user = url.searchParams.get("user");
    if (user === null) return { refuse: 401, code: "not_signed_in", message: "Sign in first." };
    return { space: "main", subject: user };
  },
});
const mutate = serveMutations({
  manager,
  authorize: () => ({ user: "ann" }),
  onError: (error) => log("error", { error }),
});
// #endregion logs

// #region metrics
// All numbers are counters, but for those that say how much there is now. Prometheus reads this form.
function metricsText(): string {
  const { fullStates, ...counts } = endpoint.metrics;
  const lines = Object.entries({ ...manager.metrics(), ...counts }).map(
    ([name, value]) => `neverstale_${name} ${value}`,
  );
  const reasons = Object.entries(fullStates).map(([reason, n]) => `neverstale_full_states{reason="${reason}"} ${n}`);
  return `${[...lines, ...reasons].join("\n")}\n`;
}
// #endregion metrics

// #region timed
async function served(...of: Parameters<typeof mutate>): Promise<void> {
  const startedAt = performance.now();
  await mutate(...of);
  const ms = Math.round(performance.now() - startedAt);
  log("mutations", { trace: trace.getStore(), status: of[1].statusCode, isQuick: ms < 1_000 });
}
// #endregion timed

server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as { port: number };
const io = nodeEnvironment({
  WebSocket,
  headers: { traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" },
});
const follow = (path: string) => new StateSync({ url: `ws://127.0.0.1:${port}${path}`, io, mutations: mutations() });
const [ann, stranger] = [follow("/sync?user=ann"), follow("/sync")];
const until = (isTrue: () => boolean) =>
  new Promise<void>((resolve) => {
    const timer = setInterval(() => isTrue() && resolve(clearInterval(timer)), 5);
  });
await until(() => ann.status.type === "live" && stranger.status.type !== "connecting");
await ann.mutate(addCard, { title: "Buy milk" });
const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
const shown = /^neverstale_(connections|version|full_states.*) /;
console.log(
  text
    .split("\n")
    .filter((line) => shown.test(line))
    .join("\n"),
);
ann.stop();
await until(() => endpoint.connectionCount === 0);

await manager.close();
process.exit();
