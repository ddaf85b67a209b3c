/** The server says which pipelines it knows. */

import type { PipelineOffer } from "@neverstale/fleet-domain";
import { useEffect, useState } from "react";
import { serverPath } from "../../state/io/base-path.ts";

const NONE: readonly PipelineOffer[] = [];
const ASK_AGAIN_MS = 5_000;

/** They are asked for anew when the server was started anew: `epoch` is another one then. */
export function usePipelineOffers(epoch: string | null): readonly PipelineOffer[] {
  const [offers, setOffers] = useState(NONE);
  useEffect(() => {
    if (epoch === null) return;
    const gone = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = () =>
      load(gone.signal).then(setOffers, () => {
        if (!gone.signal.aborted) timer = setTimeout(ask, ASK_AGAIN_MS);
      });
    void ask();
    return () => {
      gone.abort();
      clearTimeout(timer);
    };
  }, [epoch]);
  return offers;
}

async function load(signal: AbortSignal): Promise<readonly PipelineOffer[]> {
  const answer = await fetch(serverPath("/api/pipelines"), { credentials: "same-origin", cache: "no-store", signal });
  if (!answer.ok) throw new Error(`the server answered with status ${answer.status}`);
  return answer.json();
}
