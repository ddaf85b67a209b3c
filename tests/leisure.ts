/** Leisure is how much longer than it should something may take in `npm test`, so that no test hangs on the speed of a machine. */

/** Returns the bound on time. `npm run proofs` holds to it as it stands, on a machine that has nothing else to do. */
export function atLeisure(ms: number): number {
  return ms * LEISURE;
}

const LEISURE = Number(process.env.NEVERSTALE_TEST_LEISURE ?? 30);
