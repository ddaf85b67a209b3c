/** It says why something that was asked of the server did not come, or was not done. */

import { Notice } from "../components/notice.tsx";

export function AskedProblem({ problem }: { readonly problem: string | null }) {
  if (problem === null) return null;
  return (
    <Notice tone="bad" shape="cross" role="alert">
      {problem}
    </Notice>
  );
}
