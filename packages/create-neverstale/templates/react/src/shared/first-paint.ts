/** The page comes with this: whose it is, and the state that it was rendered from. */

import type { InitialState } from "@neverstale/protocol";

export interface FirstPaint {
  readonly visitor: string;
  readonly state: InitialState;
}

export type Render = (first: FirstPaint) => Promise<string>;
