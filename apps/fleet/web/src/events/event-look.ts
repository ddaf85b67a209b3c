/** An event's level looks like this. */

import type { Event } from "@neverstale/fleet-domain";
import { type Look, lookOf } from "../components/look.ts";

export function eventLook(level: Event["level"]): Look {
  return lookOf(EVENT_LOOKS, level);
}

const EVENT_LOOKS: Readonly<Record<Event["level"], Look>> = {
  info: { word: "Info", shape: "ring", tone: "quiet" },
  success: { word: "Success", shape: "check", tone: "good" },
  warn: { word: "Warning", shape: "triangle", tone: "warn" },
  error: { word: "Error", shape: "cross", tone: "bad" },
};
