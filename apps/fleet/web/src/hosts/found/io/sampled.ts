/** Lists of hosts are looked through a few times a second: nobody reads a list that is put in order more often. */

const SAMPLE_MS = 250;

/** It makes a function that calls what it is given soon, and never twice within a quarter of a second. What it returns takes the call back. */
export function sampled(): (run: () => void) => () => void {
  let last = Number.NEGATIVE_INFINITY;
  return (run) => {
    const timer = setTimeout(
      () => {
        last = performance.now();
        run();
      },
      Math.max(0, last + SAMPLE_MS - performance.now()),
    );
    return () => clearTimeout(timer);
  };
}
