/** The backups of the server stand here: when the last one was made, and since when and why none could be made. */

import { Notice } from "../components/notice.tsx";
import { Status } from "../components/status.tsx";
import { Ago, ClockTime } from "../components/time.tsx";
import { bytes, NONE, span } from "../state/format.ts";
import { useLoaded, useRecord } from "../state/replica-hooks.ts";

/** It is the one record of its collection. */
const RECORD_ID = "backups";

export function BackupsOfServer() {
  const record = useRecord("backups", RECORD_ID);
  const loaded = useLoaded();
  if (record === undefined)
    return loaded ? (
      <p>
        The server makes no backups by itself. Start it with <code>--backup-dir DIRECTORY</code>, or make them from
        outside with <code>neverstale backup</code>.
      </p>
    ) : null;
  const { everyMs, madeAt, bytes: size, failingSince, problem } = record;
  return (
    <>
      {failingSince !== undefined && (
        <Notice tone="bad" shape="cross">
          No backup could be made since <ClockTime at={failingSince} />: <span className="foreign">{problem}</span>
        </Notice>
      )}
      <dl className="facts">
        <div className="fact">
          <dt>State</dt>
          <dd className="value">
            <Status look={lookOfBackup(madeAt, failingSince)} passing />
          </dd>
        </div>
        <div className="fact">
          <dt>Last one</dt>
          <dd>
            {madeAt === undefined ? (
              "none yet"
            ) : (
              <>
                <ClockTime at={madeAt} />, <Ago at={madeAt} />
              </>
            )}
          </dd>
        </div>
        <div className="fact">
          <dt>Size</dt>
          <dd>{size === undefined ? NONE : bytes(size)}</dd>
        </div>
        <div className="fact">
          <dt>One each</dt>
          <dd>{span(everyMs)}</dd>
        </div>
      </dl>
    </>
  );
}

function lookOfBackup(madeAt: string | undefined, failingSince: string | undefined) {
  if (failingSince !== undefined) return { word: "Failing", shape: "cross", tone: "bad" } as const;
  if (madeAt === undefined) return { word: "None yet", shape: "ring", tone: "quiet" } as const;
  return { word: "OK", shape: "check", tone: "good" } as const;
}
