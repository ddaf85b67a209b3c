/** The settings have these parts, each at an address of its own: `/settings/<part>`. */

import { type Account, isAdminOfFleet } from "../accounts/account.ts";

export interface SettingsPart {
  readonly id: SettingsPartId;
  readonly word: string;
  /** It says below the word what is there. */
  readonly lead: string;
}

export interface PartGroup {
  readonly title: string;
  readonly parts: readonly SettingsPart[];
}

export type SettingsPartId = (typeof ALL)[number]["id"];

const ALL = [
  {
    id: "account",
    group: "You",
    word: "Your account",
    lead: "Your password, and the second factor that is asked for beside it.",
    who: "everybody",
  },
  { id: "sessions", group: "You", word: "Sessions", lead: "Where you are signed in.", who: "everybody" },
  { id: "tokens", group: "You", word: "API tokens", lead: "What programs use in your name.", who: "everybody" },
  { id: "people", group: "Fleet", word: "People", lead: "Who may sign in, and what each may do.", who: "admins" },
  {
    id: "enrolment",
    group: "Fleet",
    word: "New hosts",
    lead: "The tokens by which machines become hosts.",
    who: "admins",
  },
  {
    id: "catalogue",
    group: "Fleet",
    word: "Ops and pipelines",
    lead: "What the server's fleet.yaml says, as the server has read it.",
    who: "everybody",
  },
  {
    id: "groups",
    group: "Fleet",
    word: "Saved groups",
    lead: "Filters of hosts that have a name.",
    who: "whole fleet",
  },
  {
    id: "notifications",
    group: "Fleet",
    word: "Notifications",
    lead: "Where people are told of alerts, and what became of it.",
    who: "admins",
  },
  { id: "audit", group: "Server", word: "Audit", lead: "Who did what, as far back as it is kept.", who: "admins" },
  { id: "retention", group: "Server", word: "Retention", lead: "What is kept, and for how long.", who: "admins" },
  {
    id: "backups",
    group: "Server",
    word: "Backups",
    lead: "Those that the server makes by itself.",
    who: "whole fleet",
  },
  { id: "about", group: "Server", word: "About", lead: "The server, and how near its bounds are.", who: "everybody" },
] as const;

type Who = (typeof ALL)[number]["who"];

/** The server judges each request in any case. This only keeps away what somebody could not use. */
export function partsFor(account: Pick<Account, "role" | "tags">): readonly PartGroup[] {
  const shown = ALL.filter(({ who }) => isFor(who, account));
  return ["You", "Fleet", "Server"].map((title) => ({ title, parts: shown.filter(({ group }) => group === title) }));
}

function isFor(who: Who, account: Pick<Account, "role" | "tags">): boolean {
  if (who === "everybody") return true;
  return who === "admins" ? isAdminOfFleet(account) : account.tags === null;
}

/** Null means that there is no such part for this account. An address without one shows the first. */
export function partOf(account: Pick<Account, "role" | "tags">, open: string | null): SettingsPart | null {
  const parts = partsFor(account).flatMap((group) => group.parts);
  const wanted = open ?? (isAdminOfFleet(account) ? "people" : "account");
  return parts.find(({ id }) => id === wanted) ?? null;
}
