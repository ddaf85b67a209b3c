/** The agent's unit, as `neverstale agent install` writes it on a host of https://fleet.example.org. */

import { runCommand, servicePlaces } from "../../apps/fleet/agent/src/service/service-places.ts";
import { systemdUnit } from "../../apps/fleet/agent/src/service/systemd-unit.ts";

export function agentUnit(): string {
  const places = servicePlaces("/", null);
  const config = `${places.settings}/agent.yaml`;
  const run = { server: "https://fleet.example.org/", allowHttp: false, ca: null, config };
  const command = runCommand(places, run);
  return systemdUnit({ command, user: "neverstale", dataDir: places.data, finalStatuses: [2, 4] });
}
