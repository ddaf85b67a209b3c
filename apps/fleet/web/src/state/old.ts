/** While the page is not live, what is on screen may have changed meanwhile: it is old. */

import { createContext, useContext } from "react";

export const OldContext = createContext(false);

export function useOld(): boolean {
  return useContext(OldContext);
}
