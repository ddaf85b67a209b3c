/** An event's level looks like this. */

import type { Event } from "@neverstale/fleet-domain";
import type { Look } from "../components/status.tsx";

/** A level that only a newer server knows is shown by its name. */
export function eventLook(level: Event["level"]): Look {
  return EVENT_LOOKS[level] ?? { word: level, shape: "question", tone: "quiet" };
}

const EVENT_LOOKS: Readonly<Record<Event["level"], Look>> = {
  info: { word: "Info", shape: "ring", tone: "quiet" },
  success: { word: "Success", shape: "check", tone: "good" },
  warn: { word: "Warning", shape: "triangle", tone: "warn" },
  error: { word: "Error", shape: "cross", tone: "bad" },
};
