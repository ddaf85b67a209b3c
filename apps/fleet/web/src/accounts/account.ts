/** The account says who is signed in, and what that user may do. */

import type { Role } from "@neverstale/fleet-domain";
import { createContext, useContext } from "react";

export interface Account {
  readonly user: string;
  readonly role: Role;
  /** This user may start and stop ops and pipelines. */
  readonly mayDispatch: boolean;
}

export const AccountContext = createContext<Account>({ user: "", role: "viewer", mayDispatch: false });

export function useAccount(): Account {
  return useContext(AccountContext);
}
