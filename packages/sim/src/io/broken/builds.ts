/** The broken builds: each is a mistake that the simulator must catch. */

import type { BrokenBuild } from "./broken-build.ts";
import { AUTHORITY_MISTAKES } from "./builds/authority.ts";
import { CHAIN_MISTAKES } from "./builds/chain.ts";
import { CLIENT_MISTAKES } from "./builds/client.ts";
import { DATA_MISTAKES } from "./builds/data.ts";
import { FOLLOWER_MISTAKES } from "./builds/follower.ts";
import { FOUND_MISTAKES } from "./builds/found.ts";
import { HTTP_MISTAKES } from "./builds/http.ts";
import { KNOWLEDGE_MISTAKES } from "./builds/knowledge.ts";
import { MUTATION_MISTAKES } from "./builds/mutations.ts";
import { NODE_MISTAKES } from "./builds/nodes.ts";
import { QUEUE_MISTAKES } from "./builds/queues.ts";
import { SPACE_MISTAKES } from "./builds/space.ts";
import { STATE_MISTAKES } from "./builds/state.ts";
import { STEP_MISTAKES } from "./builds/step.ts";
import { VIEW_MISTAKES } from "./builds/views.ts";

export const BROKEN_BUILDS: readonly BrokenBuild[] = [
  ...CLIENT_MISTAKES,
  ...FOLLOWER_MISTAKES,
  ...AUTHORITY_MISTAKES,
  ...STATE_MISTAKES,
  ...DATA_MISTAKES,
  ...CHAIN_MISTAKES,
  ...STEP_MISTAKES,
  ...FOUND_MISTAKES,
  ...SPACE_MISTAKES,
  ...HTTP_MISTAKES,
  ...NODE_MISTAKES,
  ...KNOWLEDGE_MISTAKES,
  ...MUTATION_MISTAKES,
  ...QUEUE_MISTAKES,
  ...VIEW_MISTAKES,
];
