/** A bound on time. `npm run proofs` holds to it as it stands, on a machine that has nothing else to do. */
export declare function atLeisure(ms: number): number;
//# sourceMappingURL=leisure.d.ts.map