/** The deeds of a plan: each is one thing that happens, in words that fit into a file. */

import type { CrashPoint, Write } from "../store/disk.ts";
import type { Release } from "./releases.ts";
import type { ViewName } from "./views/views.ts";

export type Deed =
  // The fleet does these.
  | { readonly do: "write"; readonly space: string }
  | { readonly do: "write_many"; readonly count: number }
  | { readonly do: "crowd"; readonly count: number; readonly gone: boolean }
  | { readonly do: "make_space"; readonly space: string; readonly count?: number }
  | { readonly do: "remove_space"; readonly space: string }
  | { readonly do: "dispatch"; readonly client: string; readonly hosts: readonly string[]; readonly timeoutMs: number }
  | { readonly do: "read_state" }
  | {
      readonly do: "call";
      readonly caller: string;
      readonly what: "swap" | "read" | "add" | "count";
      /** This is the number of the register, or of the counter. */
      readonly object: number;
      readonly fate: "answered" | "request_lost" | "answer_lost" | "doubled";
      readonly latencyMs: number;
      /** This tab is looked at once it has got there. */
      readonly reader?: string;
    }
  // These happen to the authority.
  | { readonly do: "take_over" }
  | { readonly do: "kill" | "cut_power" | "stop"; readonly downMs: number }
  | {
      readonly do: "trap";
      readonly write: Write;
      readonly point: CrashPoint;
      /** So many writes of the kind go by before. */
      readonly skip?: number;
      readonly power: boolean;
      /** The process before an epoch is killed amid a commit, which is not forced to disk. */
      readonly amidCommit?: boolean;
      readonly downMs: number;
    }
  /** Another release takes the place of the one that runs, which is ended as the deed says. */
  | {
      readonly do: "deploy";
      readonly release: Release;
      readonly how: "kill" | "cut_power" | "stop";
      readonly downMs: number;
    }
  | { readonly do: "backup"; readonly name: string }
  /** `burst` writes come before most clients are back, so that their versions exist again, as others. */
  | { readonly do: "restore"; readonly name: string; readonly downMs: number; readonly burst?: number }
  | { readonly do: "restore_empty"; readonly downMs: number }
  | { readonly do: "disk_full" | "slow_disk" | "failed_builds"; readonly ms: number }
  | { readonly do: "disk_error"; readonly write?: Write }
  | { readonly do: "authority_clock"; readonly byMs: number }
  /** Each request for mutations is answered like this for a while, by the authority or by a proxy before it. */
  | { readonly do: "busy"; readonly status: 429 | 502 | 503; readonly ms: number }
  // These happen on the way.
  | { readonly do: "cut"; readonly client: string; readonly told: ToldEnds; readonly bytes: number }
  | { readonly do: "half_open"; readonly client: string; readonly directions: Directions }
  | { readonly do: "stall"; readonly client: string; readonly directions: Directions; readonly ms: number }
  | { readonly do: "partition"; readonly client: string; readonly ms: number; readonly signals: boolean }
  | { readonly do: "slow_link"; readonly client: string; readonly rate: number; readonly ms: number }
  | { readonly do: "meddle"; readonly client: string; readonly how: "alter" | "swallow" | "swallow_first" | "double" }
  /** WebSocket passes on the network of a reader for so long. */
  | { readonly do: "web_socket"; readonly client: string; readonly ms: number }
  | { readonly do: "cache"; readonly cache: number; readonly what: "empty" | "restart" | "cut_streams" }
  // These happen to a client.
  | {
      readonly do: "sleep";
      readonly client: string;
      readonly ms: number;
      readonly countsTime: boolean;
      readonly signals: boolean;
      readonly suspends: boolean;
    }
  | { readonly do: "client_clock"; readonly client: string; readonly byMs: number }
  | { readonly do: "refresh" | "restart_client" | "rotate_token"; readonly client: string }
  | { readonly do: "sign_out"; readonly client: string; readonly ms: number }
  // These happen to a page.
  | {
      readonly do: "mutate";
      readonly client: string;
      readonly what: "up" | "down" | "append" | "note" | "note_up";
      readonly object: number;
      /** It is asked for so often, at once. */
      readonly count: number;
      /** With true its effect is not shown before it is in the state. */
      readonly quiet: boolean;
      /** With true the authority alone refuses it. */
      readonly refused: boolean;
    }
  /** The client may see this from now on (rule V16). */
  | { readonly do: "grant"; readonly client: string; readonly view: ViewName }
  /** The newest mutation that was not sent yet is dropped. */
  | { readonly do: "drop" | "reload"; readonly client: string }
  /** The tab is closed, and the page is loaded again in another one. */
  | { readonly do: "close"; readonly client: string }
  /** The user signs out of the page, which asks, or is told what becomes of what waits. Somebody signs in again after `ms`. */
  | { readonly do: "leave"; readonly client: string; readonly how: "ask" | "drop" | "keep"; readonly ms: number };

type ToldEnds = "both" | "client" | "server" | "nobody";
type Directions = readonly ("up" | "down")[];
