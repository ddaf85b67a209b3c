/** Admins see here which tokens for new hosts are open, revoke them, and make new ones. */

import type { EnrollmentToken } from "@neverstale/fleet-domain";
import { useCallback, useEffect } from "react";
import { Button } from "react-aria-components";
import { ClockTime } from "../components/time.tsx";
import { TagList } from "../hosts/tag-list.tsx";
import { useAsked } from "../people/asked.ts";
import { AskedProblem } from "../settings/asked-problem.tsx";
import { span } from "../state/format.ts";
import { useServerNow } from "../state/io/now.ts";
import { useServer } from "../state/server.ts";
import { AddHosts } from "./add-hosts.tsx";
import { type OpenToken, openTokens } from "./open-tokens.ts";

const AGAIN_MS = 5_000;

export function EnrolmentSettings() {
  const server = useServer();
  const now = useServerNow();
  const load = useCallback(() => server.get<readonly EnrollmentToken[]>("/api/enrollment-tokens"), [server]);
  const { answer, problem, busy, run, again } = useAsked(load);
  useEffect(() => {
    const timer = setInterval(again, AGAIN_MS);
    return () => clearInterval(timer);
  }, [again]);
  const open = openTokens(answer ?? [], now);
  const revoke = (id: string) =>
    run(async () => {
      await server.send("DELETE", `/api/enrollment-tokens/${encodeURIComponent(id)}`);
    });
  return (
    <>
      <p>
        <AddHosts />
      </p>
      <AskedProblem problem={problem} />
      {answer !== null && open.length === 0 && (
        <p className="quiet">No token is open: no new machine can become a host until you make one.</p>
      )}
      <ul className="cards">
        {open.map((each) => (
          <li key={each.token.id}>
            <TokenCard open={each} now={now} busy={busy} onRevoke={() => revoke(each.token.id)} />
          </li>
        ))}
      </ul>
    </>
  );
}

interface TokenCardProps {
  readonly open: OpenToken;
  readonly now: number;
  readonly busy: boolean;
  readonly onRevoke: () => void;
}

function TokenCard({ open: { token, words }, now, busy, onRevoke }: TokenCardProps) {
  const { label = "A token for new hosts", tags = [], createdBy, createdAt, expiresAt, usedBy } = token;
  return (
    <article className="card" aria-label={label}>
      <header className="card-head">
        <h2 className="card-title foreign">{label}</h2>
        <span>{words}</span>
        <div className="card-actions">
          <Button className="button button-small" isDisabled={busy} onPress={onRevoke}>
            Revoke<span className="visually-hidden"> {label}</span>
          </Button>
        </div>
        <p className="card-facts card-row">
          ends in {span(Date.parse(expiresAt) - now)} · made by <span className="foreign">{createdBy}</span>{" "}
          <ClockTime at={createdAt} />
          {usedBy !== undefined && (
            <>
              {" "}
              · used last by <span className="foreign">{usedBy}</span>
            </>
          )}
        </p>
        {tags.length > 0 && (
          <p className="card-facts card-row">
            new hosts get <TagList tags={tags} />
          </p>
        )}
      </header>
    </article>
  );
}
