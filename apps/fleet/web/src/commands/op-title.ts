/** An op has a title that people read, where its host gives one. */

import type { Command, Host } from "@neverstale/fleet-domain";

/** It returns the op's own name where the host gives no title, or is gone. */
export function opTitleOf({ op }: Pick<Command, "op">, host: Pick<Host, "ops"> | undefined): string {
  return host?.ops.find((offer) => offer.name === op)?.title ?? op;
}
