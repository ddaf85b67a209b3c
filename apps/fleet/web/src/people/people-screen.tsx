/** The people screen shows the visitor's own second factor and sessions, and to admins all users. */

import { useAccount } from "../accounts/account.ts";
import { OwnApiTokens } from "./api-tokens.tsx";
import { OwnSecondFactor } from "./second-factor.tsx";
import { OwnSessions } from "./sessions.tsx";
import { Users } from "./users.tsx";

export function PeopleScreen() {
  const { user, role } = useAccount();
  return (
    <section className="screen" aria-labelledby="people-title">
      <header className="screen-head">
        <h1 id="people-title">People</h1>
        <p className="screen-summary foreign">{`you are ${user}, ${role}`}</p>
      </header>
      <div className="people">
        {role === "admin" && <Users />}
        <OwnSecondFactor />
        <OwnSessions />
        <OwnApiTokens />
      </div>
    </section>
  );
}
