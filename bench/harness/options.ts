/** The options of `npm run bench` are read here. */

import { parseArgs } from "node:util";

export interface Options {
  /** These are names of workloads. An empty list stands for all. */
  readonly only: readonly string[];
  readonly runs: number;
  readonly quick: boolean;
  /** These texts are part of the names of cases. An empty list stands for all. */
  readonly cases: readonly string[];
  /** These are names of contenders. An empty list stands for all. */
  readonly contenders: readonly string[];
  /** These are names of peers. An empty list stands for none. */
  readonly peers: "all" | readonly string[];
  /** True keeps the results in bench/results/ instead of bench/results/local/. */
  readonly save: boolean;
}

export const USAGE = `npm run bench -- [options]
  --only fanout,latency  these workloads only
  --runs 5               how often each is measured; medians are printed
  --quick                small sizes and one run: shows that all of it works, not how fast it is
  --peers [a,b]          with the peers (the default), or with these only
  --no-peers             floors and engine only
  --contenders [a,b]     these only: engine-memory,engine-durable
  --case [name]          this case only; repeatable
  --save                 keep the result in bench/results/ (otherwise in bench/results/local/)`;

export function parseOptions(argv: readonly string[]): Options {
  const { values } = parseArgs({
    args: argv.map((argument, at) =>
      argument === "--peers" && (argv[at + 1] ?? "--").startsWith("--") ? "--peers=all" : argument,
    ),
    options: {
      only: { type: "string", default: "" },
      runs: { type: "string" },
      quick: { type: "boolean", default: false },
      peers: { type: "string", default: "all" },
      "no-peers": { type: "boolean", default: false },
      case: { type: "string", multiple: true, default: [] },
      contenders: { type: "string", default: "" },
      save: { type: "boolean", default: false },
    },
  });
  const runs = Number(values.runs ?? (values.quick ? 1 : 5));
  if (!Number.isSafeInteger(runs) || runs < 1) throw new Error("--runs is a whole number, 1 or more");
  return {
    only: list(values.only),
    runs,
    quick: values.quick,
    cases: values.case,
    contenders: list(values.contenders),
    peers: peers(values["no-peers"], values.peers),
    save: values.save,
  };
}

function peers(none: boolean, wanted: string): "all" | readonly string[] {
  if (none) return [];
  return wanted === "all" ? "all" : list(wanted);
}

function list(text: string): string[] {
  return text.split(",").filter((name) => name !== "");
}
