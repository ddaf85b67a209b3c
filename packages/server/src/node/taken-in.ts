/** A change that takes a right away is taken in by every node before it is answered, or by none that still shows anything (rule N7). */

import type { Runtime } from "../runtime/runtime.ts";
import type { ChainHead } from "../store/contract.ts";
import type { NodeLink } from "./node-link.ts";
import type { NodeList } from "./node-list.ts";

/**
 * It resolves with true once every node that is listed, read now, has applied all up to `place`, and with false after 3 s: a node that
 * has not confirmed for so long shows nothing until it has.
 */
export async function untilTakenIn({ list, link, runtime, place }: TakenInParts): Promise<boolean> {
  const since = runtime.now();
  const left = () => Math.max(0, LONGEST_MS - (runtime.now() - since));
  const isListed = await list.read().then(
    () => true,
    () => false,
  );
  if (isListed && list.others.length === 0) return true;
  if (isListed && link !== null && place !== null) {
    link.listed(list.nodes);
    return link.whenApplied(list.others, place, left());
  }
  await new Promise<void>((resolve) => runtime.after(left(), resolve));
  return false;
}

interface TakenInParts {
  readonly list: NodeList;
  readonly link: NodeLink | null;
  readonly runtime: Pick<Runtime, "now" | "after">;
  readonly place: ChainHead | null;
}

const LONGEST_MS = 3_000;
