/** As long as something that was removed is being erased, it is named here. */

import { ClockTime } from "../components/time.tsx";
import { useAsked } from "./asked.ts";
import { usePeople } from "./people.ts";

export function Erasures() {
  const people = usePeople();
  const { answer } = useAsked(people.erasures);
  if (answer === null || answer.length === 0) return null;
  return (
    <section aria-labelledby="erasures-title">
      <h2 id="erasures-title">Being erased</h2>
      <ul className="lines">
        {answer.map(({ id, kind, subject, by, askedAt }) => (
          <li key={id} className="line-item">
            <span className="line-main foreign">
              what the {kind} {subject} has left
            </span>
            <span className="line-end">
              asked by <span className="foreign">{by}</span> <ClockTime at={askedAt} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
