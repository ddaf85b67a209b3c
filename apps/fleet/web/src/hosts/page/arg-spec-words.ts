/** An argument of an op is described in a few words. */

import type { ArgSpec } from "@neverstale/fleet-domain";

export function argSpecWords(spec: ArgSpec): string {
  const usual = spec.default === undefined ? "" : `, ${spec.default} by itself`;
  switch (spec.type) {
    case "integer":
      return `${spec.name}, a whole number from ${spec.min} to ${spec.max}${usual}`;
    case "choice":
      return `${spec.name}, one of ${spec.values.join(", ")}${usual}`;
    case "text":
      return `${spec.name}, a text of at most ${spec.maxLength} characters${usual}`;
  }
}
