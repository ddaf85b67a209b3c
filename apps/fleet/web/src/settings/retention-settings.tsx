/** The table says what the server keeps, how many of it, and for how long. */

import type { FactsOfServer } from "@neverstale/fleet-domain";
import { useCallback } from "react";
import { useAsked } from "../people/asked.ts";
import { NONE } from "../state/format.ts";
import { useServer } from "../state/server.ts";
import { daysWords } from "./about-words.ts";
import { AskedProblem } from "./asked-problem.tsx";

export function RetentionSettings() {
  const server = useServer();
  const { answer, problem } = useAsked(useCallback(() => server.get<FactsOfServer>("/api/server"), [server]));
  return (
    <>
      <AskedProblem problem={problem} />
      <table className="table settings-table">
        <thead>
          <tr>
            <th scope="col">Kept</th>
            <th scope="col" className="is-number">
              Newest
            </th>
            <th scope="col" className="is-number">
              For
            </th>
          </tr>
        </thead>
        <tbody>
          {(answer?.kept ?? []).map(({ what, newest, forMs }) => (
            <tr key={what}>
              <th scope="row">{what}</th>
              <td className="is-number">{newest?.toLocaleString("en") ?? NONE}</td>
              <td className="is-number">{forMs === undefined ? NONE : daysWords(forMs)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="quiet">
        These follow from how the server was started. Whichever bound is reached first counts, and the oldest go.
      </p>
    </>
  );
}
