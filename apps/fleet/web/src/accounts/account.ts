/** The account says who is signed in, and what that user may do. */

import type { Role } from "@neverstale/fleet-domain";
import { createContext, useContext } from "react";

export interface Account {
  readonly user: string;
  readonly role: Role;
  /** Only hosts with one of these tags are shown to this user. Null stands for the whole fleet. */
  readonly tags: readonly string[] | null;
  /** This user may start and stop ops and pipelines. */
  readonly mayDispatch: boolean;
}

export const AccountContext = createContext<Account>({ user: "", role: "viewer", tags: null, mayDispatch: false });

/** Such an admin has to do with people, with new hosts and with notifications. */
export function isAdminOfFleet({ role, tags }: Pick<Account, "role" | "tags">): boolean {
  return role === "admin" && tags === null;
}

export function useAccount(): Account {
  return useContext(AccountContext);
}
