/** A broken build is the engine with a mistake that somebody could make. */

export interface BrokenBuild {
  readonly name: string;
  /** This is the mistake as one would report it. It is null when the name says it. */
  readonly item: string | null;
  /** The table says by this in what the build is not quite that mistake. */
  readonly note?: string;
  /** The build is caught by this rule. */
  readonly rule: string;
  /** This catches the build: the number of a seed, the seed of pages that mutate, of pages that keep their queue or of followers of views, or a file in `regressions/`, which no early seed leads to. */
  readonly by:
    | { readonly seed: number }
    | { readonly pages: number }
    | { readonly queues: number }
    | { readonly views: number }
    | { readonly regression: string };
  readonly edits: readonly Edit[];
}

/**
 * An edit alters one place of the engine. `find` stands there exactly once, or the list is out of step with the source.
 */
export interface Edit {
  /** The path begins below `packages/`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}
