/** The filter of the audit asks for who did what: `who:maria did:host_removed host:web-1 level:warn from:2026-01-31`. */

/** The server is asked by this. */
export interface AuditQuery {
  readonly actor?: string;
  readonly action?: string;
  readonly host?: string;
  readonly level?: string;
  readonly from?: string;
  readonly to?: string;
}

export type ReadFilter =
  | { readonly ok: true; readonly query: AuditQuery }
  | { readonly ok: false; readonly problem: string };

const WORDS: Readonly<Record<string, keyof AuditQuery>> = {
  who: "actor",
  did: "action",
  host: "host",
  level: "level",
  from: "from",
  to: "to",
};
const LEVELS = ["info", "warn", "error", "success"];

export function readAuditFilter(filter: string): ReadFilter {
  const query: Partial<Record<keyof AuditQuery, string>> = {};
  for (const term of filter.split(/\s+/).filter((each) => each !== "")) {
    const at = term.indexOf(":");
    const word = term.slice(0, at).toLowerCase();
    const name = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    const value = term.slice(at + 1);
    if (at === -1 || name === undefined) return wrong(`${term}: write ${Object.keys(WORDS).join(":, ")}: and a value`);
    if (value === "") continue; // It is being typed.
    if (name === "level" && !LEVELS.includes(value)) return wrong(`there is no level ${value}: ${LEVELS.join(", ")}`);
    const time = name === "from" || name === "to" ? isoOf(value) : value;
    if (time === null) return wrong(`${value} is no time: write it as 2026-01-31 or 2026-01-31T14:00Z`);
    query[name] = time;
  }
  return { ok: true, query };
}

/** The export takes no level. */
export function auditPath(path: string, query: AuditQuery, more: Readonly<Record<string, string>>): string {
  return `${path}?${new URLSearchParams({ ...more, ...query })}`;
}

function isoOf(text: string): string | null {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

function wrong(problem: string): ReadFilter {
  return { ok: false, problem };
}
