export { type Backoff, backoffMs } from "./backoff.ts";
export type { Millis, Timer } from "./time.ts";
export { TokenBucket } from "./token-bucket.ts";
export { Turns, TurnsByKey } from "./turns.ts";
export { VirtualClock } from "./virtual-clock.ts";
