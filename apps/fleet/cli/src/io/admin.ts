import { resolve } from "node:path";
import { askForReset } from "@neverstale/fleet-server";

export async function reset(dataDir: string): Promise<void> {
  const { link, isDone } = await askForReset(resolve(dataDir));
  const when = isDone
    ? "admin has no password and no session any more"
    : "no server runs on this data: start it within an hour, and the link is good from then on, at the address it prints";
  process.stdout.write(`${when}\nsign in once, within 15 minutes: ${link}\n`);
}
