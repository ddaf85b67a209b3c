/** Whom the proxy in front of the server has signed in already goes on with one press. */

import { useEffect, useState } from "react";
import { Button } from "react-aria-components";
import { useCodeAsked } from "./code-asked.ts";
import { CodeField } from "./code-field.tsx";
import { formText, useSubmit } from "./submit.ts";
import { useVisitor } from "./visitor.ts";

/** It shows nothing where no proxy names anybody, which is so nearly everywhere. */
export function ProxySignIn() {
  const visitor = useVisitor();
  const [user, setUser] = useState<string | null>(null);
  useEffect(() => {
    visitor.sessions.proxyUser().then(setUser, () => setUser(null));
  }, [visitor]);
  const { asksCode, orAskForCode } = useCodeAsked();
  const { failure, busy, submit } = useSubmit((form) =>
    orAskForCode(formText(form, "totp"), (totp) => visitor.signInByProxy(totp)),
  );
  if (user === null) return null;
  return (
    <form className="sign-in-form" onSubmit={submit}>
      {failure !== null && <p role="alert">{failure}</p>}
      {asksCode && <CodeField autoFocus />}
      <Button type="submit" className="button" isPending={busy}>
        Continue as <span className="foreign">{user}</span>
      </Button>
    </form>
  );
}
