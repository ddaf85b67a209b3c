import { OFFLINE_AFTER_MS } from "../commands/catalogue.ts";

/** What the server remembers of an agent between its reports; not stored: a restart begins anew and loses nothing by it. */
export interface Presence {
  /** The start of the agent that reported last. */
  readonly instance: string;
  /** The number of its last batch. */
  readonly seq: number;
  /** When each start of the agent was last heard, in milliseconds. */
  readonly heard: ReadonlyMap<string, number>;
  /** Running commands that the last state report of this instance lacked. */
  readonly missing: ReadonlySet<string>;
  /** Whether the alarm about a clone has been raised. */
  readonly alarmed: boolean;
}

export const NEVER_HEARD: Presence = { instance: "", seq: 0, heard: new Map(), missing: new Set(), alarmed: false };

/** Starts of the agent that are remembered. */
const MAX_INSTANCES = 8;

export interface Heard {
  readonly presence: Presence;
  /** The batch came before: what is only true at its time is left out. */
  readonly repeated: boolean;
  /** For the first time, an earlier start of the agent spoke after a later one: two machines use one credential. */
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

/** Whether that start of the agent, not the one that speaks now, has been heard just now. */
export function speaksToo(presence: Presence, instance: string, nowMs: number): boolean {
  const at = presence.heard.get(instance);
  return instance !== presence.instance && at !== undefined && nowMs - at < OFFLINE_AFTER_MS;
}
