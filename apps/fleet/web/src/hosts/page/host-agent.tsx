/** The agent of a host stands here: its version, what it allows, and its credential. */

import type { AgentPackage, Host, OpOffer } from "@neverstale/fleet-domain";
import { isDangerousOp } from "@neverstale/fleet-domain/schema-free";
import { useCallback } from "react";
import { Button } from "react-aria-components";
import { useAccount } from "../../accounts/account.ts";
import { Mark } from "../../components/mark.tsx";
import { Notice } from "../../components/notice.tsx";
import { Ago, ClockTime } from "../../components/time.tsx";
import { WhyNot } from "../../frame/why-not.tsx";
import { useAsked } from "../../people/asked.ts";
import { howMany } from "../../state/format.ts";
import { useMayAct } from "../../state/may-act.ts";
import { useSelection } from "../../state/replica-hooks.ts";
import { useServer } from "../../state/server.ts";
import { argSpecWords } from "./arg-spec-words.ts";
import { versionWords } from "./version-words.ts";

export function HostAgent({ host }: { readonly host: Host }) {
  const { role } = useAccount();
  const file = host.checks["agent-file"];
  return (
    <section aria-labelledby="host-agent">
      <h2 id="host-agent">Agent</h2>
      <AgentVersion host={host} />
      <Credential host={host} mayRotate={role === "admin"} />
      <h3>What it allows</h3>
      {file !== undefined && file.status !== "ok" && (
        <Notice tone={file.status === "error" ? "bad" : "warn"} shape={file.status === "error" ? "cross" : "triangle"}>
          <span className="foreign">{file.message}</span>
          <span className="quiet">
            {" "}
            as of <Ago at={file.checkedAt} />
          </span>
        </Notice>
      )}
      {host.ops.length === 0 ? (
        <p className="quiet">Nothing may run here: its agent.yaml allows no op.</p>
      ) : (
        <ul className="lines">
          {host.ops.map((op) => (
            <OpLine key={op.name} op={op} />
          ))}
        </ul>
      )}
    </section>
  );
}

function AgentVersion({ host }: { readonly host: Host }) {
  const server = useServer();
  const { answer } = useAsked(useCallback(() => server.get<AgentPackage>("/api/agent-package"), [server]));
  const { words, isOlder } = versionWords(host.agentVersion, answer?.version ?? null);
  return (
    <p className="host-version">
      {isOlder && <Mark shape="triangle" tone="warn" />} Version <span className="foreign">{host.agentVersion}</span>
      {words !== "" && <span className="quiet"> · {words}</span>}
    </p>
  );
}

interface CredentialProps {
  readonly host: Host;
  readonly mayRotate: boolean;
}

function Credential({ host, mayRotate }: CredentialProps) {
  const server = useServer();
  const whyNot = useMayAct().why;
  const { problem, busy, run } = useAsked(NOTHING);
  const { credential } = host;
  const rotate = () =>
    run(async () => {
      await server.send("POST", `/api/hosts/${encodeURIComponent(host.id)}/credential/rotate`);
    });
  return (
    <>
      <h3>Credential</h3>
      <p>
        {credential === undefined ? (
          <>in use since it enrolled, or since a change with a release that noted none</>
        ) : (
          <>
            in use since <ClockTime at={credential.since} />, <Ago at={credential.since} />
          </>
        )}
        {credential?.rotationAskedAt !== undefined && (
          <>
            {" "}
            · asked to take a new one <Ago at={credential.rotationAskedAt} />: the agent does so when it reports next
          </>
        )}
      </p>
      {problem !== null && (
        <Notice tone="bad" shape="cross" role="alert">
          {problem}
        </Notice>
      )}
      {mayRotate && (
        <>
          <div className="host-actions">
            <Button className="button button-small" isDisabled={busy || whyNot !== null} onPress={rotate}>
              Take a new credential
            </Button>
          </div>
          <WhyNot />
        </>
      )}
    </>
  );
}

const NOTHING = async () => null;

function OpLine({ op }: { readonly op: OpOffer }) {
  const isDangerous = useSelection(useCallback((fleet) => isDangerousOp(fleet, op.name), [op.name]));
  return (
    <li className="line-item">
      <span className="line-main foreign">
        {op.title ?? op.name}
        <span className="under">
          <span className="mono">{op.name}</span>
          {op.args.length > 0 && ` · ${howMany(op.args.length, "argument")}: ${op.args.map(argSpecWords).join("; ")}`}
        </span>
      </span>
      {isDangerous && <span className="line-end">dangerous</span>}
    </li>
  );
}
