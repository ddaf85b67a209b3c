/** The version of a host's agent is compared with that of the agent which the server hands out. */

interface VersionWords {
  readonly words: string;
  /** A newer one could be installed. */
  readonly isOlder: boolean;
}

/** `offered` is null while the server has not said it. */
export function versionWords(version: string, offered: string | null): VersionWords {
  if (offered === null) return { words: "", isOlder: false };
  if (offered === version) return { words: "the one that this server hands out", isOlder: false };
  const [own, theirs] = [numbersOf(version), numbersOf(offered)];
  const differing = own !== null && theirs !== null ? own.findIndex((number, index) => number !== theirs[index]) : -1;
  const isOlder = differing >= 0 && (own?.[differing] ?? 0) < (theirs?.[differing] ?? 0);
  return { words: isOlder ? `${offered} is available` : `this server hands out ${offered}`, isOlder };
}

function numbersOf(version: string): readonly number[] | null {
  const found = /^(\d+)\.(\d+)\.(\d+)/.exec(version);
  return found === null ? null : found.slice(1).map(Number);
}
