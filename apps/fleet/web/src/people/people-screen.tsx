/** The people screen shows the visitor's own second factor and sessions, and to admins all users. */

import { isAdminOfFleet, useAccount } from "../accounts/account.ts";
import { OwnApiTokens } from "./api-tokens.tsx";
import { OwnSecondFactor } from "./second-factor.tsx";
import { OwnSessions } from "./sessions.tsx";
import { hostsWords } from "./user-words.ts";
import { Users } from "./users.tsx";

export function PeopleScreen() {
  const account = useAccount();
  const { user, role, tags } = account;
  return (
    <section className="screen" aria-labelledby="people-title">
      <header className="screen-head">
        <h1 id="people-title">People</h1>
        <p className="screen-summary foreign">{`you are ${user}, ${role} of ${hostsWords(tags)}`}</p>
      </header>
      <div className="people">
        {isAdminOfFleet(account) && <Users />}
        <OwnSecondFactor />
        <OwnSessions />
        <OwnApiTokens />
      </div>
    </section>
  );
}
