/** A program shows an API token, which says for whom it acts and what it may do. Cookies mean nothing beside it. */

import { API_TOKEN_PREFIX } from "@neverstale/fleet-domain";
import type { Clocks } from "../../fleet/moment.ts";
import { accountsIn, type FleetManager } from "../../fleet/state.ts";
import type { Transactions } from "../../fleet/transact.ts";
import type { RefusalLog } from "../../http/refusal-log.ts";
import type { RequestHeaders, ShownApiToken } from "../../http/route.ts";
import { isUnusedLately, roleOfApiToken, useApiToken } from "../api-tokens.ts";
import { tagsOfApiToken } from "../granted.ts";
import { hashOf } from "./secrets.ts";

export class ApiTokens {
  readonly #parts: ApiTokensParts;

  constructor(parts: ApiTokensParts) {
    this.#parts = parts;
  }

  /** It returns the token that is shown, as it is now, or null when there is none or it is good for nothing. */
  of(headers: RequestHeaders): ShownApiToken | null {
    const secret = shownSecret(headers);
    const accounts = accountsIn(this.#parts.manager);
    if (secret === null || accounts === null) return null;
    const token = accounts.apiTokens.get(hashOf(secret));
    const owner = token === undefined ? undefined : accounts.users.get(token.user);
    const role = token === undefined ? null : roleOfApiToken(accounts, token, this.#parts.clocks.now());
    if (token === undefined || owner === undefined || role === null) return null;
    return { id: token.id, user: token.user, role, tags: tagsOfApiToken(owner, token), secret };
  }

  /** The request does not wait until the use is stored. */
  touch({ id }: ShownApiToken): void {
    const { manager, transactions, clocks, refusalLog } = this.#parts;
    const token = accountsIn(manager)?.apiTokens.get(id);
    if (token === undefined || !isUnusedLately(token, clocks.now())) return;
    transactions
      .transactAnywhere((work) => useApiToken(work, id))
      .catch((err: unknown) =>
        refusalLog.failed("api_token_used", { err }, "an API token could not be stored as used"),
      );
  }
}

export interface ApiTokensParts {
  readonly manager: FleetManager;
  readonly transactions: Transactions;
  readonly refusalLog: RefusalLog;
  readonly clocks: Clocks;
}

/** True when a request shows what looks like an API token, be it good or not. */
export function showsApiToken(headers: RequestHeaders): boolean {
  return shownSecret(headers) !== null;
}

const SHOWN = new RegExp(`^Bearer (${API_TOKEN_PREFIX}[\\w-]{20,200})$`);

function shownSecret({ authorization }: RequestHeaders): string | null {
  return SHOWN.exec(authorization ?? "")?.[1] ?? null;
}
