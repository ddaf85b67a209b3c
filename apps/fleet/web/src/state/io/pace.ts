/** The page is drawn at once when something changes after a calm time, and a few times a second while changes come all the time. */

/** It makes a function that calls what it is given soon, and never twice within so many milliseconds. */
export function atMostEvery(ms: number): (run: () => void) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (run) => {
    const wait = Math.max(0, last + ms - performance.now());
    setTimeout(() => {
      last = performance.now();
      run();
    }, wait);
  };
}
