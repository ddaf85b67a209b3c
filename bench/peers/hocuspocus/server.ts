/** Hocuspocus runs with one Yjs document, a map of maps, which the server changes over a direct connection. */

import type { AddressInfo } from "node:net";
import { Server } from "@hocuspocus/server";
import type { ContenderServer, StartServer } from "../../harness/contender.ts";
import { initialRecords } from "../../harness/records.ts";
import { DOCUMENT_NAME, hostsOf, recordsOfDocument, toSharedMap } from "./document.ts";

export function startServer(): StartServer {
  return async ({ records }) => {
    const server = new Server({ quiet: true, stopOnSignals: false, port: 0, address: "127.0.0.1" });
    await server.listen();
    const direct = await server.hocuspocus.openDirectConnection(DOCUMENT_NAME);
    const { document } = direct;
    if (document === null) throw new Error("the document was not opened");
    const hosts = hostsOf(document);
    await direct.transact(() => {
      for (const record of initialRecords(records)) hosts.set(record.id, toSharedMap(record));
    });
    return {
      port: (server.httpServer.address() as AddressInfo).port,
      change: ({ id, ...fields }) => {
        const host = hosts.get(id);
        if (host === undefined) throw new Error(`no record ${id}`);
        return direct.transact(() => {
          for (const [field, value] of Object.entries(fields)) host.set(field, value);
        });
      },
      records: () => recordsOfDocument(document),
      metrics: () => ({}),
      close: async () => {
        server.httpServer.close();
      },
    } satisfies ContenderServer;
  };
}
