/** tldraw's sync-core has these messages: the package exports them, and leaves them out of its types. */

import * as syncCore from "@tldraw/sync-core";
import type { TldrawHost } from "./schema.ts";

export type ValueOperation = readonly ["put", unknown] | readonly [Exclude<string, "put">, ...unknown[]];
export type FieldsDiff = Readonly<Record<string, ValueOperation>>;
export type HostOperation = readonly ["put", TldrawHost] | readonly ["patch", FieldsDiff] | readonly ["remove"];
export type HostsDiff = Readonly<Record<string, HostOperation>>;

export interface Patch {
  readonly type: "patch";
  readonly diff: HostsDiff;
  readonly serverClock: number;
}

export interface Connected {
  readonly type: "connect";
  readonly hydrationType: "wipe_all" | "wipe_presence";
  readonly diff: HostsDiff;
  readonly serverClock: number;
}

export type Message = Connected | { readonly type: "data"; readonly data: readonly Patch[] };

interface Internals {
  getTlsyncProtocolVersion(): number;
  applyObjectDiff(host: TldrawHost, diff: FieldsDiff): TldrawHost;
}

export const { getTlsyncProtocolVersion, applyObjectDiff } = syncCore as unknown as Internals;
