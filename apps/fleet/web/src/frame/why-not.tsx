/** Actions that can't be done at the moment have their reason beside them. */

import { useMayAct } from "../state/may-act.ts";

export function WhyNot() {
  const reason = useMayAct().why;
  return reason === null ? null : <p className="why-not">{reason}</p>;
}
