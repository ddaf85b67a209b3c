/** The parts that are used here of packages that ship no types. */

declare module "sharedb" {
  import type { Duplex } from "node:stream";

  type Done = (error?: Error) => void;

  interface Doc {
    readonly data: unknown;
    create(data: unknown, done: Done): void;
    submitOp(operation: readonly unknown[], options: undefined, done: Done): void;
  }

  interface OperationType {
    apply(snapshot: unknown, operation: unknown): unknown;
  }

  export default class ShareDB {
    static readonly types: { readonly defaultType: OperationType };
    connect(): { get(collection: string, id: string): Doc };
    listen(stream: Duplex): unknown;
  }
}

declare module "@teamwork/websocket-json-stream" {
  import { Duplex } from "node:stream";
  import type { WebSocket } from "ws";

  export default class WebSocketJSONStream extends Duplex {
    constructor(socket: WebSocket);
  }
}
