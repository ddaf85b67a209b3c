/** One place of the engine, altered. `find` stands there exactly once, or the list is out of step with the source. */
export interface Edit {
  /** Below `packages/`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** The engine with a mistake that somebody could make. */
export interface BrokenBuild {
  readonly name: string;
  /** The mistake as one would report it; null: the name says it. */
  readonly item: string | null;
  /** For the table: in what it is not quite that mistake. */
  readonly note?: string;
  /** The rule under which it is caught by what is known to catch it. */
  readonly rule: string;
  /** What is known to catch it: the number of a seed, or a file in `regressions/`, which no early seed leads to. */
  readonly by: { readonly seed: number } | { readonly regression: string };
  readonly edits: readonly Edit[];
}
