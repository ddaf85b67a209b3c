/** Here it is decided for all screens whether an action may begin now, and why not. The server judges each of them again. */

import { useAccount } from "../accounts/account.ts";
import { useMoment } from "./moment-provider.tsx";
import { READ_ONLY_WORDS, type ShownMoment } from "./moments.ts";
import { useOld } from "./old.ts";

export interface MayAct {
  readonly may: boolean;
  /** It is a sentence for the visitor. Null means that nothing is in the way. */
  readonly why: string | null;
}

/** It is about what changes something in the fleet. Whoever only looks may do so at any time. */
export function useMayAct(): MayAct {
  const { mayDispatch } = useAccount();
  const { kind: moment } = useMoment();
  return mayActWhere({ mayDispatch, moment, old: useOld() });
}

export function mayActWhere({ mayDispatch, moment, old }: ActingOn): MayAct {
  if (moment === "past") return refused(READ_ONLY_WORDS); // There everybody only looks: see `AtItsMoment`.
  if (!mayDispatch) return refused("A viewer looks, and changes nothing.");
  if (moment === "held") return refused("The page is paused, and what it shows may have changed. Resume it first.");
  if (old) return refused("This page is not live: what it shows may have changed. It can act once it is live again.");
  return { may: true, why: null };
}

interface ActingOn {
  readonly mayDispatch: boolean;
  readonly moment: ShownMoment["kind"];
  readonly old: boolean;
}

function refused(why: string): MayAct {
  return { may: false, why };
}
