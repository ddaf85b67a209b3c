import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import { effectPosition, problemOf, request, StateSync } from "@neverstale/client";
import { collection, defineModel, put, type StateOf, SyncError, timeOfKey } from "@neverstale/protocol";
import { memoryStore, StateManager, serveSync } from "@neverstale/server";

const model = defineModel({
  model: 1,
  collections: { orders: collection<{ id: string; item: string }>() },
  changes: { order_placed: put("orders") },
});
const manager = await StateManager.open({ model, store: memoryStore() });

// #region server
// The answer says where the effect is: `reached` waits for that position. A repeat under the same key gets the first answer.
async function placeOrder(request: IncomingMessage, user: string) {
  const body = await textOf(request);
  const { item } = JSON.parse(body);
  const key = String(request.headers["idempotency-key"] ?? "");
  const { epoch, version, answer } = await manager.transact(
    () => {
      if (typeof item !== "string") throw new SyncError("invalid_change", "an order names an item");
      const id = crypto.randomUUID();
      return { changes: [{ type: "order_placed", target: id, data: { item } }], answer: { id } };
    },
    {
      key: {
        id: `${user} /orders ${key}`, // Nobody can repeat the call of somebody else, or of another route.
        bodyHash: createHash("sha256").update(body).digest("hex"), // The same key with another body is refused.
        owner: user, // Answers are bounded for each user, so that nobody fills the room of the others.
        madeAt: timeOfKey(key) ?? 0, // A key that is older than the answers which are kept is refused, and not taken for a new one.
      },
    },
  );
  return { epoch, version, answer };
}
// #endregion server

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const piece of request.setEncoding("utf8")) text += piece;
  return text;
}

const server = createServer(async (request, response) => {
  try {
    const answer = await placeOrder(request, "ann");
    response.writeHead(200, { "Content-Type": "application/json" }).end(JSON.stringify(answer));
  } catch (error) {
    const { code, message } = error instanceof SyncError ? error : { code: "internal", message: "it failed" };
    response.writeHead(code === "invalid_change" ? 422 : 500, { "Content-Type": "application/problem+json" });
    response.end(JSON.stringify({ code, title: "The order was not placed", detail: message }));
  }
}).listen(0, "127.0.0.1");
await once(server, "listening");
serveSync(server, { manager });

const { port } = server.address() as { port: number };
const sync = new StateSync<StateOf<typeof model>>({ url: `ws://127.0.0.1:${port}/sync` });

// #region client
// The request is repeated under its key until an answer comes. After `reached`, what is shown has the order in it.
const done = await request(sync.route("/orders"), { item: "milk" });
await sync.reached(effectPosition(done));
console.log(sync.list("orders").map(({ item }) => item));

// A refusal has its problem document.
await request(sync.route("/orders"), { item: 7 }).catch((error: unknown) => console.log(problemOf(error)?.detail));
// #endregion client

await manager.close();
process.exit();
