/** Each real file system of a host stands here with how full it is, the fullest first. */

import { Meter } from "../../components/meter.tsx";
import { useRecord } from "../../state/replica-hooks.ts";
import { shownFileSystems } from "./shown-file-systems.ts";

export function FileSystems({ id }: { readonly id: string }) {
  const metrics = useRecord("metrics", id);
  const known = shownFileSystems(metrics?.fileSystems, metrics?.disk);
  if (known.length === 0) return null;
  return (
    <section aria-labelledby="host-file-systems">
      <h2 id="host-file-systems">File systems</h2>
      <ul className="lines">
        {known.map(({ path, used }) => (
          <li key={path} className="line-item">
            <span className="line-main foreign mono">{path}</span>
            <Meter label={`of ${path} in use`} value={used} />
          </li>
        ))}
      </ul>
    </section>
  );
}
