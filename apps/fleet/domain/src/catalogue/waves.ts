/** A pipeline may take its hosts in waves: a few of them first, and all others when those went well. */

import { z } from "zod";

const A_SIZE = "expected a number of hosts, a percentage such as 10%, or rest";
const A_BOUND = "expected a number of hosts, or a percentage such as 5%";

/** It is a number of hosts, a share of all of them such as `10%`, or `rest`. */
export const WaveSize = z.union(
  [z.int().min(1, A_SIZE).max(10_000, A_SIZE), z.string().regex(/^(100|[1-9]\d?)%$|^rest$/, A_SIZE)],
  { error: A_SIZE },
);
export type WaveSize = z.infer<typeof WaveSize>;

/** It is a number of hosts, or a share of all of them. */
export const MostFailed = z.union(
  [z.int().min(0, A_BOUND).max(10_000, A_BOUND), z.string().regex(/^(100|\d{1,2})%$/, A_BOUND)],
  { error: A_BOUND },
);
export type MostFailed = z.infer<typeof MostFailed>;
