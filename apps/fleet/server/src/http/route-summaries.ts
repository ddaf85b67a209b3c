/** These sentences say in the API's description what each route does. A test asks for one for each route that is described. */

export const ROUTE_SUMMARIES: Readonly<Record<string, string>> = {
  "POST /api/login": "It signs a person in, and sets the session's cookie.",
  "POST /api/invitation": "Who was invited sets the first password by the token of the link.",
  "POST /api/setup": "It signs in by the one-time link of a first start or a reset.",
  "POST /api/logout": "It ends the own session.",
  "GET /api/session/here": "It says whether the browser shows a session, without a refusal.",
  "GET /api/session": "It says who is signed in, with the CSRF token that goes into X-CSRF-Token.",
  "POST /api/password": "It sets the own password. The old one is asked for where there is one.",
  "GET /api/users": "It lists the users.",
  "POST /api/users": "It invites a user, and answers with the one-time link.",
  "PATCH /api/users/:name": "It gives a user another role, or disables or enables the user.",
  "POST /api/users/:name/reset": "It takes a user's password and sessions away, and answers with a one-time link.",
  "DELETE /api/users/:name": "It removes a user, with sessions and tokens.",
  "GET /api/sessions": "It lists the own sessions.",
  "GET /api/users/:name/sessions": "It lists a user's sessions.",
  "DELETE /api/sessions/:id": "It ends a session at once, with its sockets.",
  "GET /api/api-token": "It says which API token was shown.",
  "GET /api/api-tokens": "It lists the own API tokens, without what they open.",
  "GET /api/users/:name/api-tokens": "It lists a user's API tokens.",
  "POST /api/api-tokens": "It makes an API token, which is shown this once.",
  "DELETE /api/api-tokens/:id": "It revokes an API token at once, with its sockets.",
  "GET /api/state": "It answers with the whole state and its version. With If-None-Match it may be 304.",
  "GET /api/commands": "It lists commands, the newest first, also those that have left the live state.",
  "POST /api/dispatch": "It runs an op on hosts. A repeat with the same Idempotency-Key gets the first answer.",
  "POST /api/dispatch/pipeline":
    "It runs a pipeline over hosts. A repeat with the same Idempotency-Key gets the first answer.",
  "POST /api/mutations/:name": "It does one of the mutations that the page does, by its name.",
  "GET /api/pipelines": "It lists pipelines that have left the live state.",
  "POST /api/pipelines/:id/retry":
    "It runs what a pipeline has left, on the hosts that failed, or those that were never begun, too.",
  "POST /api/commands/:id/cancel": "It stops a command, with all that it has started on its host.",
  "POST /api/pipelines/:id/cancel": "It begins no further stage of a pipeline.",
  "POST /api/catalogue/read": "It has fleet.yaml read again.",
  "POST /api/alerts/:id/acknowledge": "It says that somebody looks after an alert.",
  "POST /api/alerts/:id/resolve": "It closes an alert.",
  "POST /api/silences": "It keeps alerts about some hosts from firing for a while.",
  "DELETE /api/silences/:id": "It ends a silence.",
  "GET /api/notifications": "It lists the deliveries of notifications, with what went wrong last.",
  "POST /api/notifications/:target/test": "It sends a test to a target, and tries what waits for it.",
  "GET /api/hosts/:id/output": "It answers with the newest lines that ops have written on a host.",
  "GET /api/commands/:id/output": "It answers with what a command has written.",
  "GET /api/commands/:id/output/search": "It finds lines in all that a command has written.",
  "GET /api/event-log": "It lists events, the newest first, also those that have left the live state.",
  "GET /healthz": "It says that the process lives.",
  "GET /readyz": "It says whether the server takes changes, and how a node stands to the others.",
  "GET /metrics": "It answers with the metrics for Prometheus.",
  "PATCH /api/hosts/:id": "It names a host, and sets its tags, notes and looks.",
  "DELETE /api/hosts/:id": "It removes a host. Its agent is not let in again.",
  "GET /api/hosts/:id/metrics": "It answers with what a host has reported, over time.",
  "POST /api/enrollment-tokens": "It makes a token by which agents enrol, which is shown this once.",
  "GET /api/enrollment-tokens": "It lists the enrolment tokens, without what they open.",
  "DELETE /api/enrollment-tokens/:id": "It removes an enrolment token.",
  "POST /agent/enroll": "An agent gives its token and gets a credential.",
  "POST /agent/claims": "An agent asks whether it may start a command. Only 200 lets it.",
  "POST /agent/reports": "An agent tells what happened on its host.",
  "GET /api/agent-package": "It tells the hash of the agent that the server hands out.",
  "GET /agent/neverstale.tgz": "It is the agent's package.",
  "GET /agent/node/:file": "It is a Node.js for an agent, for one kind of machine.",
  "GET /api/openapi.json": "It is this description, as OpenAPI 3.1.",
  "GET /api": "It is this page.",
  "GET /api/style.css": "It is the style of this page.",
};

/** The engine's profile over HTTP has these routes below each address that is followed. */
const FOLLOWED: Readonly<Record<string, string>> = {
  snapshot: "It leads to the newest full state of what is followed.",
  "s/:space/:epoch/:version": "It is the full state at one version.",
  "t/:space/:epoch/:version": "It answers with what is new since a version, once there is something.",
  "live/:space/:epoch/:version": "It is a stream of events with what is new since a version.",
};

/** It returns null for a route that nobody has described. */
export function summaryOf(method: string, path: string): string | null {
  const followed = /^\/(?:agent\/)?sync\/(?:output\/:id\/)?(.+)$/.exec(path)?.[1] ?? "";
  return ROUTE_SUMMARIES[`${method} ${path}`] ?? FOLLOWED[followed] ?? null;
}
