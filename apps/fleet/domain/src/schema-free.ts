/** These parts of the domain need no schemas, so that a page can use them without carrying a validator along. */

export * from "./accounts/invite-link.ts";
export * from "./accounts/password.ts";
export * from "./agents/enroll-command.ts";
export * from "./catalogue/danger.ts";
export * from "./catalogue/may-run.ts";
export * from "./catalogue/wave-ends.ts";
export * from "./commands/command-status.ts";
export * from "./commands/escapes.ts";
export * from "./commands/output-names.ts";
export * from "./events/event-filter.ts";
export * from "./fleet-model.ts";
export * from "./hosts/host-filter.ts";
export * from "./hosts/host-label.ts";
export * from "./hosts/host-status.ts";
export * from "./hosts/verified.ts";
export * from "./screens.ts";
export * from "./shares/seen-records.ts";
