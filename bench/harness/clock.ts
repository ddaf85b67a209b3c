/** All processes of a run read one clock. */

/**
 * It returns milliseconds of the machine's monotonic clock. Unlike `performance.now()` this clock has the same origin in every
 * process, so that times of two processes may be subtracted.
 */
export function machineNow(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
