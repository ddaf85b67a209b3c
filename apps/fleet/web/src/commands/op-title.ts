import type { Command, Host } from "@neverstale/fleet-domain";

/** What a command does, as its host calls it; the op's own name where the host says no more, or is gone. */
export function opTitleOf({ op }: Pick<Command, "op">, host: Pick<Host, "ops"> | undefined): string {
  return host?.ops.find((offer) => offer.name === op)?.title ?? op;
}
