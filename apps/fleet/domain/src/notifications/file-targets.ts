/** The part `notify` of `fleet.yaml` says where people are told of alerts. */

import { z } from "zod";
import { ALERT_SEVERITIES } from "../alerts/alert-rule.ts";
import type { FileProblem } from "../files/yaml-file.ts";
import { atMost } from "../hosts/host.ts";
import { Name } from "../text.ts";
import { MAX_NOTIFY_TARGETS, NOTIFY_KINDS, type NotifyTarget } from "./notifications-space.ts";

const Path = z.string().min(1).max(1_000);
const Url = z.string().max(1_000);

const FileTarget = z.strictObject({
  webhook: Url.optional(),
  secret_file: Path.optional(),
  ntfy: Url.optional(),
  token_file: Path.optional(),
  smtp: Url.optional(),
  from: z.email().max(200).optional(),
  to: z.array(z.email().max(200)).min(1).max(20).optional(),
  user: z.string().min(1).max(200).optional(),
  password_file: Path.optional(),
  severity: z.enum(ALERT_SEVERITIES).optional(),
  alerts: z.array(Name).min(1).max(50).optional(),
});
type FileTarget = z.infer<typeof FileTarget>;

export const FileTargets = z
  .record(Name, FileTarget)
  .refine(atMost(MAX_NOTIFY_TARGETS), `at most ${MAX_NOTIFY_TARGETS} targets`)
  .default({});
type FileTargets = z.infer<typeof FileTargets>;

/** Each kind has members of its own beside those that all have. */
const OF_KIND = {
  webhook: ["secret_file"],
  ntfy: ["token_file"],
  smtp: ["from", "to", "user", "password_file"],
} as const;
const NEEDED: readonly string[] = ["secret_file", "from", "to"];

export function notifyTargetsOf(targets: FileTargets): NotifyTarget[] {
  return Object.entries(targets).map(([id, said]) => {
    const kind = kindsIn(said)[0] ?? "webhook";
    const { severity, alerts, from, to, user } = said;
    const secretFile = said.secret_file ?? said.token_file ?? said.password_file;
    return {
      id,
      kind,
      url: said[kind] ?? "",
      ...(secretFile === undefined ? {} : { secretFile }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(user === undefined ? {} : { user }),
      ...(severity === undefined ? {} : { severity }),
      ...(alerts === undefined ? {} : { alerts }),
    };
  });
}

/** A schema can't say these so that a person understands what is meant. */
export function targetProblems(targets: FileTargets, rules: ReadonlySet<string>): FileProblem[] {
  return Object.entries(targets).flatMap(([name, target]) =>
    [...formProblems(target), ...ruleProblems(target, rules)].map(([member, problem]) => ({
      path: ["notify", name, ...(member === "" ? [] : [member])],
      problem,
    })),
  );
}

type MemberProblem = readonly [member: string, problem: string];

function formProblems(target: FileTarget): MemberProblem[] {
  const kinds = kindsIn(target);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) return [["", `give one of ${NOTIFY_KINDS.join(", ")}`]];
  const own: readonly string[] = OF_KIND[kind];
  const foreign = Object.values(OF_KIND)
    .flat()
    .filter((member) => member in target && !own.includes(member));
  const missing = own.filter((member) => NEEDED.includes(member) && !(member in target));
  return [
    ...foreign.map((member): MemberProblem => [member, `it does not belong to ${kind}`]),
    ...missing.map((member): MemberProblem => ["", `${kind} needs ${member}`]),
    ...urlProblems(kind, target[kind] ?? "", target.token_file !== undefined),
  ];
}

/** A token travels over TLS only, or to this very machine. */
function urlProblems(kind: NotifyTarget["kind"], text: string, hasToken: boolean): MemberProblem[] {
  const url = URL.parse(text);
  const [usual, protocols] = kind === "smtp" ? ["smtps://", /^smtps?:$/] : ["https://", /^https?:$/];
  if (url === null || !protocols.test(url.protocol) || url.hostname === "")
    return [[kind, `expected an address that begins with ${usual}`]];
  if (url.username !== "" || url.password !== "") return [[kind, "an address holds no user and no password"]];
  if (kind === "ntfy" && !/^\/[\w-]+$/.test(url.pathname)) return [[kind, "expected https://SERVER/TOPIC"]];
  if (hasToken && url.protocol === "http:" && !isOwnMachine(url.hostname))
    return [[kind, "a token goes over https only"]];
  return [];
}

/** Nothing that it is told there goes over a wire. */
export function isOwnMachine(host: string): boolean {
  return host === "localhost" || host === "[::1]" || /^127(\.\d+){3}$/.test(host);
}

function ruleProblems({ alerts = [] }: FileTarget, rules: ReadonlySet<string>): MemberProblem[] {
  return alerts.filter((name) => !rules.has(name)).map((name) => ["alerts", `there is no alert ${name}`]);
}

function kindsIn(target: FileTarget): NotifyTarget["kind"][] {
  return NOTIFY_KINDS.filter((kind) => target[kind] !== undefined);
}
