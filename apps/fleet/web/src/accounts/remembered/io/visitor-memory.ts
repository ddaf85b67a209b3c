/** Who is signed in is remembered in the browser's storage, for each fleet of an origin by itself. */

import { serverPath } from "../../../state/io/base-path.ts";
import { readRemembered, type VisitorMemory } from "../remembered-visitor.ts";

/** A browser that keeps nothing remembers nobody. */
export function visitorMemory(): VisitorMemory {
  const key = `neverstale.visitor${serverPath("")}`;
  const leaving = `neverstale.leaving${serverPath("")}`;
  const attempt = <T>(run: () => T, otherwise: T): T => {
    try {
      return run();
    } catch {
      return otherwise;
    }
  };
  return {
    read: () => attempt(() => readRemembered(localStorage.getItem(key)), null),
    keep: (visitor) => attempt(() => localStorage.setItem(key, JSON.stringify(visitor)), undefined),
    forget: () => attempt(() => localStorage.removeItem(key), undefined),
    leave: () => attempt(() => localStorage.setItem(leaving, "yes"), undefined),
    isLeaving: () => attempt(() => localStorage.getItem(leaving) !== null, false),
    hasLeft: () => attempt(() => localStorage.removeItem(leaving), undefined),
  };
}
