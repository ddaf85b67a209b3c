/** A presence is what the server remembers of one agent between its reports. */

import { OFFLINE_AFTER_MS } from "../commands/waiting-times.ts";

/** It is not stored: a restart begins anew and loses nothing by that. */
export interface Presence {
  /** This start of the agent reported last. */
  readonly instance: string;
  /** Its last batch had this number. */
  readonly seq: number;
  /** Each start of the agent was last heard at this time, in milliseconds. */
  readonly heard: ReadonlyMap<string, number>;
  /** The last state report of this instance lacked these running commands. */
  readonly missing: ReadonlySet<string>;
  /** The alarm about a clone has been raised. */
  readonly alarmed: boolean;
}

export const NEVER_HEARD: Presence = { instance: "", seq: 0, heard: new Map(), missing: new Set(), alarmed: false };

/** So many starts of an agent are remembered. */
const MAX_INSTANCES = 8;

export interface Heard {
  readonly presence: Presence;
  /** The batch came before. What is only true at its time is left out. */
  readonly repeated: boolean;
  /** An earlier start of the agent spoke after a later one, for the first time. So two machines use one credential. */
  readonly cloned: boolean;
}

export function hear(presence: Presence, instance: string, seq: number, nowMs: number): Heard {
  const same = presence.instance === instance;
  const repeated = same && seq <= presence.seq;
  const cloned = !same && !presence.alarmed && presence.heard.has(instance);
  const others = [...presence.heard].filter(([other]) => other !== instance).slice(1 - MAX_INSTANCES);
  const heard = new Map<string, number>([...others, [instance, nowMs]]);
  const missing = same ? presence.missing : new Set<string>();
  const alarmed = presence.alarmed || cloned;
  return { presence: { instance, seq: repeated ? presence.seq : seq, heard, missing, alarmed }, repeated, cloned };
}

/** True means that another start of the agent than the one that speaks now has been heard just now. */
export function speaksToo(presence: Presence, instance: string, nowMs: number): boolean {
  const at = presence.heard.get(instance);
  return instance !== presence.instance && at !== undefined && nowMs - at < OFFLINE_AFTER_MS;
}
