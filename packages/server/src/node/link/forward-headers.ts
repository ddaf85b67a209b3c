/** The headers of a forwarded request and of its answer are those that came, but for what belongs to one connection. */

/** These belong to one connection (RFC 9110, 7.6.1), or to the body, which is sent anew. */
const OF_ONE_CONNECTION: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "expect",
]);

/**
 * `raw` are names and values in turns, as Node has them. What `Connection` names goes too, and what is in `dropped`. A header that
 * came several times stays so.
 */
export function passedOn(raw: readonly string[], dropped: ReadonlySet<string> = new Set()): string[] {
  const named = new Set<string>();
  for (const [name, value] of pairs(raw)) {
    if (name.toLowerCase() !== "connection") continue;
    for (const other of value.split(",")) named.add(other.trim().toLowerCase());
  }
  return pairs(raw).flatMap(([name, value]) => {
    const lower = name.toLowerCase();
    return OF_ONE_CONNECTION.has(lower) || named.has(lower) || dropped.has(lower) ? [] : [name, value];
  });
}

function pairs(raw: readonly string[]): (readonly [string, string])[] {
  const found: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) found.push([raw[at] ?? "", raw[at + 1] ?? ""]);
  return found;
}
