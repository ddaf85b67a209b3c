import { createServer } from "node:http";
import { StateManager, serveMutations, serveSync } from "@neverstale/server";
import { sqliteStore } from "@neverstale/store-sqlite";
import { addCard, board, finishCard } from "./board.ts";

const manager = await StateManager.open({
  model: board,
  store: sqliteStore(process.env.BOARD ?? "data/board.db"),
  mutations: [addCard, finishCard],
});

// Your sign-in says whose request it is.
const mutate = serveMutations({ manager, authorize: () => ({ user: "ann" }) });

const server = createServer((request, response) => {
  if (request.url === "/mutations") void mutate(request, response);
  else response.writeHead(404).end();
});
serveSync(server, { manager }); // at /sync
server.listen(Number(process.env.PORT ?? 3000), "127.0.0.1", () => console.log("listening", server.address()));
