/** This small class is the whole plain profile: five messages in JSON, without a subprotocol. */

export interface HostRecord {
  readonly id: string;
  readonly [field: string]: unknown;
}

interface Change {
  readonly type: string;
  readonly target: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** It works with the server in any language that has WebSocket and JSON. */
export class StateSync {
  state: { readonly hosts: readonly HostRecord[] } = { hosts: [] };
  version = 0;
  readonly ws: { send(text: string): void };
  readonly render: () => void;

  constructor(ws: { send(text: string): void }, render: () => void) {
    this.ws = ws;
    this.render = render;
  }

  handleMessage(msg: { readonly data: string }): void {
    const { type, version, payload } = JSON.parse(msg.data);

    switch (type) {
      case "init":
      case "full_state":
        this.state = payload;
        this.version = version;
        this.render();
        break;

      case "delta":
        if (version !== this.version + 1) {
          this.requestFullState();
          return;
        }
        this.applyDelta(payload);
        this.version = version;
        this.render();
        break;

      case "sync":
        if (version !== this.version) this.requestFullState();
        break;
    }
  }

  requestFullState(): void {
    this.ws.send(JSON.stringify({ type: "get_state" }));
  }

  /** A put carries the whole record, and a patch the fields that moved. Null means that a field is gone. */
  applyDelta({ type, target, data }: Change): void {
    const before = this.state.hosts.find(({ id }) => id === target) ?? {};
    const others = this.state.hosts.filter(({ id }) => id !== target);
    if (type === "host_added") this.state = { hosts: [...others, { ...data, id: target }] };
    if (type === "host_updated") this.state = { hosts: [...others, withoutNulls({ ...before, ...data, id: target })] };
    if (type === "host_removed") this.state = { hosts: others };
  }
}

function withoutNulls(record: HostRecord): HostRecord {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null)) as HostRecord;
}
