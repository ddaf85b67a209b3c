/** Somebody may see the whole fleet, or the hosts that carry one of some tags. That is looked up at every request. */

import {
  type Accounts,
  type Command,
  type Fleet,
  type FleetViews,
  type GrantedTags,
  grantedByBoth,
  type Host,
  isHostGranted,
  type StoredApiToken,
  type User,
  viewOfTags,
} from "@neverstale/fleet-domain";
import { type Everything, everything, type GrantedView } from "@neverstale/protocol";
import { MAIN_SPACE } from "@neverstale/server";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { FleetManager } from "../fleet/state.ts";

export function tagsOfUser({ tags }: Pick<User, "tags">): GrantedTags {
  return tags ?? null;
}

/** Both its own tags and those of its owner limit a token. */
export function tagsOfApiToken(owner: Pick<User, "tags">, { tags }: Pick<StoredApiToken, "tags">): GrantedTags {
  return grantedByBoth(tagsOfUser(owner), tags ?? null);
}

/** A decision is made for somebody, and is about no other hosts than that one may see. */
export interface Acting {
  readonly user: string;
  readonly tags: GrantedTags;
}

/** A request came from a user, or from a program with the API token of one. */
export interface AskedBy extends Acting {
  /** It is the hash of the API token, where one was shown. */
  readonly token: string | null;
}

/** Tags may have been taken away since the request came: what is decided goes by those of now (C11). */
export function actingNow(accounts: Accounts, by: AskedBy): Acting {
  return { user: by.user, tags: tagsNow(accounts, by) };
}

export function tagsNow(accounts: Accounts, { user, token }: Pick<AskedBy, "user" | "token">): GrantedTags {
  const owner = accounts.users.get(user);
  const shown = token === null ? null : accounts.apiTokens.get(token);
  if (owner === undefined || shown === undefined) return [];
  return shown === null ? tagsOfUser(owner) : tagsOfApiToken(owner, shown);
}

/** Followers of the main space are shown this of it. */
export function viewFor(manager: Pick<FleetManager, "viewsOf">, tags: GrantedTags): GrantedView | Everything {
  if (tags === null) return everything;
  const views = manager.viewsOf(MAIN_SPACE);
  if (views === null) throw new Error("the fleet has no views, so nobody can be shown a part of it");
  return viewOfTags(views as unknown as FleetViews, tags);
}

/** It returns the host, or null for one that is not there and for one that is not shown, which are alike to whoever asks. */
export function grantedHost({ hosts }: Pick<Fleet, "hosts">, tags: GrantedTags, id: string): Host | null {
  const host = hosts.get(id);
  return host !== undefined && isHostGranted(tags, host) ? host : null;
}

/** A command is shown to whom its host is shown. */
export function grantedCommand(
  { commands, hosts }: Pick<Fleet, "commands" | "hosts">,
  tags: GrantedTags,
  id: string,
): Command | null {
  const command = commands.get(id);
  if (command === undefined || tags === null) return command ?? null;
  return isHostGranted(tags, hosts.get(command.host)) ? command : null;
}

/** Records of a host are shown to whom that host is shown now, however old they are. */
export function shownOn(
  { state }: Pick<FleetManager, "state">,
  tags: GrantedTags,
): (record: { readonly host?: string | undefined }) => boolean {
  if (tags === null) return () => true;
  return ({ host }) => host !== undefined && isHostGranted(tags, state.hosts.get(host));
}

/** It refuses who is limited, where something concerns more than some hosts. `what` begins the sentence. */
export function requireWholeFleet(tags: GrantedTags, what: string): void {
  if (tags === null) return;
  throw new RequestRefusal("forbidden", `${what} asks for somebody who sees the whole fleet`, {
    hint: "Ask an admin who is not limited to hosts with certain tags.",
  });
}
