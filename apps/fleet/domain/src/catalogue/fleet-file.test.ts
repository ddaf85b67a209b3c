import { expect, test } from "vitest";
import { AlertRule } from "../alerts/alert-rule.ts";
import { YamlFileError } from "../files/yaml-file.ts";
import { NotifyTarget } from "../notifications/notifications-space.ts";
import { OpRule, PipelineRule } from "./catalogue.ts";
import { OWN_FLEET_FILE, parseFleetFile } from "./fleet-file.ts";

const FILE = `
ops:
  restart-web:
    title: Restart the web server
    group: Web
    roles: [admin]
    offline: queue
    busy: wait
    deliver_within: 10m
    retries: 3
    backoff: 5s
    pre_checks: [disk]
    post_checks: [web]
    danger: true
  pull: {}
pipelines:
  rollout:
    title: Roll out
    stages: [pull, restart-web]
    waves: [1, 10%, rest]
    pause: 30s
    max_fail: 5%
`;

function problemsOf(text: string): string[] {
  try {
    parseFleetFile(text);
  } catch (error) {
    if (error instanceof YamlFileError) return error.message.split("\n");
    throw error;
  }
  return [];
}

test("a file gives the rules of ops and pipelines, in the form in which the state has them", () => {
  const { opRules, pipelineRules } = parseFleetFile(FILE);

  expect(opRules).toEqual([
    {
      id: "restart-web",
      title: "Restart the web server",
      group: "Web",
      roles: ["admin"],
      offline: "queue",
      busy: "wait",
      deliverWithinMs: 600_000,
      retries: 3,
      backoffMs: 5_000,
      preChecks: ["disk"],
      postChecks: ["web"],
      postWithinMs: 60_000,
      danger: true,
    },
    { id: "pull", deliverWithinMs: 3_600_000 },
  ]);
  expect(pipelineRules).toEqual([
    {
      id: "rollout",
      title: "Roll out",
      stages: ["pull", "restart-web"],
      waves: [1, "10%", "rest"],
      pauseMs: 30_000,
      maxFail: "5%",
    },
  ]);
  for (const rule of opRules) expect(OpRule.parse(rule)).toEqual(rule);
  for (const rule of pipelineRules) expect(PipelineRule.parse(rule)).toEqual(rule);
});

test("alerts of each kind have the form in which the state has them", () => {
  const { alertRules } = parseFleetFile(`
alerts:
  lost: { when: host_offline, for: 2m, severity: critical, tags: [prod], title: Lost }
  full: { when: metric, metric: disk, above: 90 }
  bad: { when: check, checks: [nginx] }
  runs: { when: command_failed, ops: [pull] }
  rollouts: { when: pipeline_failed, pipelines: [rollout] }
`);
  expect(alertRules).toEqual([
    { id: "lost", kind: "host_offline", forMs: 120_000, severity: "critical", tags: ["prod"], title: "Lost" },
    { id: "full", kind: "metric", metric: "disk", above: 90, forMs: 60_000, severity: "warn" },
    { id: "bad", kind: "check", names: ["nginx"], forMs: 60_000, severity: "warn" },
    { id: "runs", kind: "command_failed", names: ["pull"], forMs: 0, severity: "warn" },
    { id: "rollouts", kind: "pipeline_failed", names: ["rollout"], forMs: 0, severity: "warn" },
  ]);
  for (const rule of alertRules) expect(AlertRule.parse(rule)).toEqual(rule);
});

test("notify targets of each kind have the form in which the state has them", () => {
  const { notifyTargets } = parseFleetFile(`
alerts:
  lost: { when: host_offline }
notify:
  ops: { webhook: "https://hooks.test/a/b", secret_file: ops.secret, alerts: [lost] }
  phone: { ntfy: "https://ntfy.test/topic", token_file: /run/ntfy.token, severity: critical }
  mail: { smtp: "smtps://mail.test", from: a@b.test, to: [c@d.test], user: u, password_file: mail.password }
`);
  expect(notifyTargets).toEqual([
    { id: "ops", kind: "webhook", url: "https://hooks.test/a/b", secretFile: "ops.secret", alerts: ["lost"] },
    {
      id: "phone",
      kind: "ntfy",
      url: "https://ntfy.test/topic",
      secretFile: "/run/ntfy.token",
      severity: "critical",
    },
    {
      id: "mail",
      kind: "smtp",
      url: "smtps://mail.test",
      secretFile: "mail.password",
      from: "a@b.test",
      to: ["c@d.test"],
      user: "u",
    },
  ]);
  for (const target of notifyTargets) expect(NotifyTarget.parse(target)).toEqual(target);
});

test("an empty file is a catalogue without rules, and the server's own one has a pipeline and alerts", () => {
  expect(parseFleetFile(OWN_FLEET_FILE).alertRules).toHaveLength(5);
  expect(parseFleetFile("{}")).toEqual({
    opRules: [],
    pipelineRules: [],
    alertRules: [],
    scheduleRules: [],
    notifyTargets: [],
  });
  expect(parseFleetFile(OWN_FLEET_FILE).pipelineRules.map(({ id }) => id)).toEqual(["health"]);
});

test.each([
  ["ops:\n  Restart: {}", "line 2: ops.Restart"],
  ["ops:\n  a:\n    titel: x", 'line 3: ops.a: Unrecognized key: "titel"'],
  ["ops:\n  a:\n    offline: later", "line 3: ops.a.offline"],
  ["ops:\n  a:\n    deliver_within: 10", "line 3: ops.a.deliver_within"],
  ["ops:\n  a:\n    deliver_within: 600h", "line 3: ops.a.deliver_within: expected a duration such as 30s"],
  ["ops:\n  a:\n    retries: 11", "line 3: ops.a.retries"],
  ["ops:\n  a:\n    backoff: 5s", "line 3: ops.a.backoff: a backoff is before a retry"],
  ["ops:\n  a:\n    post_checks_within: 5s", "line 3: ops.a.post_checks_within: there are no post_checks"],
  ["ops:\n  a:\n    danger: false", "line 3: ops.a.danger: say true, or leave it out"],
  ["ops:\n  a:\n    roles: [viewer]", "line 3: ops.a.roles.0"],
  ["pipelines:\n  p:\n    stages: []", "line 3: pipelines.p.stages"],
  ["pipelines:\n  p:\n    stages: [a]\n    waves: [0]", "line 4: pipelines.p.waves.0: expected a number of hosts"],
  ["pipelines:\n  p:\n    stages: [a]\n    waves: [101%]", "line 4: pipelines.p.waves.0: expected a number of hosts"],
  ["pipelines:\n  p:\n    stages: [a]\n    waves: [rest, 1]", "line 4: pipelines.p.waves.0: rest is the last wave"],
  ["pipelines:\n  p:\n    stages: [a]\n    pause: 3s", "line 4: pipelines.p.pause: a pause is between waves"],
  ["pipelines:\n  p:\n    stages: [a]\n    max_fail: -1", "line 4: pipelines.p.max_fail: expected a number of hosts"],
  ["alerts:\n  a: { when: host_offline, metric: disk }", "line 2: alerts.a"],
  ["alerts:\n  a: { when: metric, metric: disk }", "line 2: alerts.a.above"],
  ["alerts:\n  a: { when: metric, metric: heat, above: 1 }", "line 2: alerts.a.metric"],
  ["alerts:\n  a: { when: never }", "line 2: alerts.a"],
  ["alerts:\n  a: { when: sign_ins_failed }", "line 2: alerts.a.more_than"],
  ["alerts:\n  a: { when: sign_ins_failed, more_than: 5, within: 25h }", "line 2: alerts.a.within: at most 24h"],
  ["alerts:\n  a: { when: sign_ins_failed, more_than: 5, tags: [a] }", "line 2: alerts.a"],
  ["notify:\n  a: { severity: warn }", "line 2: notify.a: give one of webhook, ntfy, smtp"],
  ["notify:\n  a: { webhook: 'https://x', ntfy: 'https://y/z' }", "line 2: notify.a: give one of"],
  ["notify:\n  a: { webhook: 'https://x' }", "line 2: notify.a: webhook needs secret_file"],
  ["notify:\n  a: { ntfy: 'https://x/y', secret_file: s }", "line 2: notify.a.secret_file: it does not belong to ntfy"],
  ["notify:\n  a: { webhook: 'file:///etc/passwd', secret_file: s }", "line 2: notify.a.webhook: expected an address"],
  ["notify:\n  a: { webhook: 'https://u:p@x', secret_file: s }", "line 2: notify.a.webhook: an address holds no user"],
  ["notify:\n  a: { smtp: 'smtps://x', from: a@b.test }", "line 2: notify.a: smtp needs to"],
  ["notify:\n  a: { smtp: 'https://x', from: a@b.test, to: [c@d.test] }", "line 2: notify.a.smtp: expected an address"],
  ["notify:\n  a: { smtp: 'smtps://x', from: 'a@b.test\\r\\nBcc: x', to: [c@d.test] }", "line 2: notify.a.from"],
  ["notify:\n  a: { ntfy: 'https://x/' }", "line 2: notify.a.ntfy: expected https://SERVER/TOPIC"],
  ["notify:\n  a: { ntfy: 'http://x/y', token_file: t }", "line 2: notify.a.ntfy: a token goes over https only"],
  ["notify:\n  a: { ntfy: 'https://x/y', alerts: [b] }", "line 2: notify.a.alerts: there is no alert b"],
  ["pipelines:\n  p: [", "line 2: "],
  ["ops: {}\nops: {}", "line 2: Map keys must be unique"],
  ["- a", "line 1: "],
  ["", "line 1: "],
] as const)("%j is refused, with the line", (text, problem) => {
  const problems = problemsOf(text);

  expect(problems.length).toBeGreaterThan(0);
  expect(problems[0]).toContain(problem);
});

test("an alias of nothing is told of like other mistakes, and so is an anchor that is used too often", () => {
  const ops = (uses: number) =>
    `ops:\n  op: &op { retries: 1 }\n${Array.from({ length: uses }, (_, at) => `  op-${at}: *op\n`).join("")}`;

  expect(problemsOf("ops: { pull: *nothing }")).toEqual([expect.stringContaining("Unresolved alias")]);
  expect(parseFleetFile(ops(99)).opRules).toHaveLength(100);
  expect(problemsOf(ops(101))).toEqual(["an anchor is used more than 100 times: write out what it holds"]);
});

test("all that is wrong is told at once", () => {
  expect(problemsOf("ops:\n  a: { titel: x }\n  b: { busy: no }\nhosts: {}")).toHaveLength(3);
});
