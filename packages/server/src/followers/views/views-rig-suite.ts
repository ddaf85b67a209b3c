import {
  collection,
  defineModel,
  defineView,
  type GrantedView,
  patch,
  put,
  remove,
  through,
} from "@neverstale/protocol";
import type { OpenOptions } from "../../authority/open-options.ts";
import { StateManager } from "../../authority/state-manager.ts";
import { TestWire, VirtualRuntime } from "../../runtime/virtual-runtime-suite.ts";
import { memoryStore } from "../../store/memory.ts";
import { type Attachment, SyncHub } from "../sync-hub.ts";

export const board = defineModel({
  model: 1,
  collections: {
    hosts: collection<{
      readonly id: string;
      readonly team?: string;
      readonly load?: number;
      readonly secret?: string;
    }>(),
    commands: collection<{ readonly id: string; readonly host?: string; readonly text?: string }>(),
  },
  changes: {
    host_added: put("hosts"),
    host_updated: patch("hosts"),
    host_removed: remove("hosts"),
    command_added: put("commands"),
  },
});

export const boardViews = defineView(board, {
  keys: { hosts: ({ team }) => (team === undefined ? [] : [`team:${team}`]), commands: through("hosts", "host") },
  roles: { operator: { hosts: "*", commands: "*" }, guest: { hosts: ["load"] } },
});

export const WEB = boardViews.of({ "team:web": "operator" });
export const WEB_GUEST = boardViews.of({ "team:web": "guest" });
export const DB = boardViews.of({ "team:db": "operator" });

type Options = Partial<Omit<OpenOptions<typeof board>, "model">>;

/** An authority of a board with views, and those who follow it. */
export class ViewsRig {
  readonly runtime: VirtualRuntime;
  readonly manager: StateManager<typeof board>;
  readonly hub: SyncHub;

  private constructor(runtime: VirtualRuntime, manager: StateManager<typeof board>) {
    this.runtime = runtime;
    this.manager = manager;
    this.hub = new SyncHub(manager, { frames: runtime.frames, beaconMs: 30_000 });
  }

  static async open(options: Options = {}, runtime = new VirtualRuntime()): Promise<ViewsRig> {
    const given = { store: memoryStore(), views: [boardViews], ...options };
    return new ViewsRig(runtime, await StateManager.openWith({ model: board, ...given }, runtime));
  }

  follow(view: GrantedView | "everything" | undefined, more: Partial<Attachment> = {}) {
    const wire = new TestWire();
    const given = view === undefined ? {} : { view };
    const cursor = this.hub.attach(wire, {
      space: "main",
      profile: "v1",
      resume: null,
      subject: null,
      ...given,
      ...more,
    });
    return { wire, cursor };
  }

  async apply(...changes: { readonly type: string; readonly target: string; readonly data: object }[]): Promise<void> {
    const done = this.manager.transact(() => changes as never);
    await this.runtime.pass(50);
    await done;
  }

  host(target: string, data: object): Promise<void> {
    return this.apply({ type: "host_added", target, data });
  }
}

/** It returns the position that a message proves, as a replica would show it. */
export function positionIn(messages: readonly Record<string, unknown>[]) {
  const told = messages.findLast(({ ticket, type }) => ticket !== undefined && type !== "delta") as unknown as Told;
  const last = messages.findLast(({ ticket }) => ticket !== undefined) as unknown as Told;
  return {
    epoch: told.epoch,
    space: told.space,
    version: last.version,
    proof: { view: told.view, ticket: last.ticket },
  };
}

interface Told {
  readonly epoch: string;
  readonly space: string;
  readonly version: number;
  readonly view: string;
  readonly ticket: string;
}

export function typesOf(messages: readonly Record<string, unknown>[]): unknown[] {
  return messages.map(({ type }) => type);
}
