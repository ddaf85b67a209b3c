/** So many times longer than it should may something take in `npm test`: whether a test passes hangs on no machine's speed. */
const LEISURE = Number(process.env.NEVERSTALE_TEST_LEISURE ?? 30);
/** A bound on time. `npm run proofs` holds to it as it stands, on a machine that has nothing else to do. */
export function atLeisure(ms) {
    return ms * LEISURE;
}
//# sourceMappingURL=leisure.js.map