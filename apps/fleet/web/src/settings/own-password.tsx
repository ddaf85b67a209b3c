/** The visitor's own password is set or changed from here. */

import { useState } from "react";
import { Button } from "react-aria-components";
import { useAccount } from "../accounts/account.ts";
import { PasswordForm } from "../accounts/password-form.tsx";
import { hostsWords } from "../people/user-words.ts";

export function OwnPassword() {
  const { user, role, tags } = useAccount();
  const [isAsking, setAsking] = useState(false);
  return (
    <section aria-labelledby="own-title">
      {isAsking && <PasswordForm onClose={() => setAsking(false)} />}
      <header className="people-head">
        <h2 id="own-title" className="foreign">
          {user}
        </h2>
        <Button className="button" onPress={() => setAsking(true)}>
          Change the password
        </Button>
      </header>
      <p className="card-facts foreign">{`You are ${role} of ${hostsWords(tags)}.`}</p>
    </section>
  );
}
