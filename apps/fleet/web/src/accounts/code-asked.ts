/** A form asks for a code of the second factor once the server has asked for it. */

import { useState } from "react";
import { asksForCode } from "./problem-code.ts";

export function useCodeAsked() {
  const [asksCode, setAsksCode] = useState(false);
  /** That a code is needed is no failure the first time: the field says it. */
  const orAskForCode = async (
    code: string,
    send: (totp: { readonly totp?: string }) => Promise<void>,
  ): Promise<void> => {
    try {
      await send(code === "" ? {} : { totp: code });
    } catch (error) {
      if (!asksForCode(error)) throw error;
      setAsksCode(true);
      if (code !== "") throw error;
    }
  };
  return { asksCode, orAskForCode };
}
