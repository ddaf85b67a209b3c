import { EnrollmentTokenAnswer } from "@neverstale/fleet-domain";
import { enrollCautions, enrollCommand } from "../enroll-command.ts";
import { Failure } from "../failure.ts";
import type { Session } from "./session.ts";

export interface TokenSettings {
  /** Where the other machine finds the server. */
  readonly server: string;
  readonly ttlMs: number;
  readonly tags: readonly string[];
}

/** Prints what is to be run on another machine: that line alone on standard output, all else on standard error. */
export async function createToken(session: Session, { server, ttlMs, tags }: TokenSettings): Promise<void> {
  const address = URL.parse(server);
  if (address === null || !/^https?:$/.test(address.protocol))
    throw new Failure(`--server ${server} is no address`, { hint: "Give one such as https://fleet.example.org." });
  const asked = { ttlS: Math.ceil(ttlMs / 1000), ...(tags.length > 0 && { tags }) };
  const made = EnrollmentTokenAnswer.parse(await session.postJson("/api/enrollment-tokens", asked));
  for (const caution of enrollCautions(address)) process.stderr.write(`neverstale: ${caution}\n`);
  process.stderr.write(`Run this on the other machine. It works once, until ${made.expiresAt}:\n`);
  process.stdout.write(`${enrollCommand(address, made.token)}\n`);
}
