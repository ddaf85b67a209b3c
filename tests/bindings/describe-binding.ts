/** Every binding has the same behaviours. Each of them has a server and a place of its own. */

import { describe, test } from "vitest";
import { BEHAVIOURS, runBehaviour } from "./behaviours.ts";
import type { Binding } from "./binding.ts";
import { openStage } from "./real-stage.ts";

export function describeBinding(framework: string, binding: Binding): void {
  describe(framework, () => {
    test.each(Object.keys(BEHAVIOURS))("%s", async (title) => {
      const stage = await openStage(framework);
      try {
        await runBehaviour(title, binding, stage);
      } finally {
        await stage.end();
      }
    });
  });
}
