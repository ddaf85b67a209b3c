/**
 * Milliseconds on the machine's monotonic clock. Unlike `performance.now()` it has the same origin in every process, so
 * that times of two may be subtracted.
 */
export function machineNow(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
