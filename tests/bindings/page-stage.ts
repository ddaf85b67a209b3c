/** A page reaches its stage through one function that the test has put on `window`. */

import type { Stage } from "./stage.ts";

type StageCalls = Omit<Stage, "url" | "io">;

/** It takes the name of a member of the stage, and what that is called with. */
export type CallStage = (name: keyof StageCalls, ...given: readonly unknown[]) => Promise<unknown>;

declare global {
  interface Window {
    readonly callStage: CallStage;
    /** It plays a behaviour by its title. */
    play: (title: string) => Promise<void>;
  }
}

/** The page is one of the stage's own server, so the address is relative, and the replica finds the browser's environment. */
export function stageOfPage(): Stage {
  const calls = Object.fromEntries(
    NAMES.map((name) => [name, (...given: unknown[]) => window.callStage(name, ...given)]),
  );
  return { ...(calls as unknown as StageCalls), url: "/sync" };
}

const NAMES: readonly (keyof StageCalls)[] = [
  "put",
  "remove",
  "moveAll",
  "initial",
  "connections",
  "close",
  "hold",
  "decide",
  "renderFirst",
];
