/** The packages are packed, served by a registry, and used outside of the repository. */

import { afterAll, beforeAll } from "vitest";
import { describeBoard } from "./board-suite.ts";
import { describeBundles } from "./bundles-suite.ts";
import { describeCreate } from "./create-suite.ts";
import { describeFleet } from "./fleet-suite.ts";
import { describeInstalls } from "./installs-suite.ts";
import { describeServerComponents } from "./server-components-suite.ts";
import { describeTarballs } from "./tarballs-suite.ts";
import { openWorld, type PackedWorld } from "./world.ts";

let opened: PackedWorld | null = null;

beforeAll(async () => {
  opened = await openWorld();
});

afterAll(() => opened?.close());

function world(): PackedWorld {
  if (opened === null) throw new Error("the packages are not packed");
  return opened;
}

describeTarballs(world);
describeInstalls(world);
describeBundles(world);
describeServerComponents(world);
describeFleet(world);
describeCreate(world);
describeBoard(world);
