/** The settings screen shows one part at a time, with the list of all beside it. */

import type { ComponentType } from "react";
import { useAccount } from "../accounts/account.ts";
import { Empty } from "../components/notice.tsx";
import { PlaceLink } from "../components/place-link.tsx";
import { EnrolmentSettings } from "../enrolment/enrolment-settings.tsx";
import { OwnApiTokens } from "../people/api-tokens.tsx";
import { OwnSecondFactor } from "../people/second-factor.tsx";
import { OwnSessions } from "../people/sessions.tsx";
import { Users } from "../people/users.tsx";
import { usePlace } from "../state/navigation.ts";
import { goTo } from "../state/place.ts";
import { AboutSettings } from "./about-settings.tsx";
import { AuditSettings } from "./audit/audit-settings.tsx";
import { BackupsOfServer } from "./backup-settings.tsx";
import { CatalogueSettings } from "./catalogue-settings.tsx";
import { GroupSettings } from "./group-settings.tsx";
import { NotificationSettings } from "./notification-settings.tsx";
import { OwnPassword } from "./own-password.tsx";
import { RetentionSettings } from "./retention-settings.tsx";
import { partOf, partsFor, type SettingsPartId } from "./sections.ts";

export function SettingsScreen() {
  const account = useAccount();
  const open = usePlace((place) => place.open);
  const part = partOf(account, open);
  const Part = part === null ? null : PARTS[part.id];
  return (
    <section className="screen settings" aria-labelledby="settings-title">
      <SettingsNav current={part?.id ?? null} />
      <div className="settings-part">
        <header className="settings-head">
          <h1 id="settings-title">{part?.word ?? "Settings"}</h1>
          {part !== null && <p className="quiet">{part.lead}</p>}
        </header>
        {Part === null ? (
          <Empty title="There are no such settings">The address may be wrong, or they are for others.</Empty>
        ) : (
          <Part />
        )}
      </div>
    </section>
  );
}

function SettingsNav({ current }: { readonly current: SettingsPartId | null }) {
  const account = useAccount();
  return (
    <nav className="settings-nav" aria-label="Settings">
      {partsFor(account).map(({ title, parts }) => (
        <div key={title} className="settings-group">
          <h2>{title}</h2>
          <ul>
            {parts.map(({ id, word }) => (
              <li key={id}>
                <PlaceLink
                  className="settings-link"
                  to={(place) => goTo(place, "settings", id)}
                  current={id === current}
                >
                  {word}
                </PlaceLink>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

function OwnAccount() {
  return (
    <>
      <OwnPassword />
      <OwnSecondFactor />
    </>
  );
}

const PARTS: Readonly<Record<SettingsPartId, ComponentType>> = {
  account: OwnAccount,
  sessions: OwnSessions,
  tokens: OwnApiTokens,
  people: Users,
  enrolment: EnrolmentSettings,
  catalogue: CatalogueSettings,
  groups: GroupSettings,
  notifications: NotificationSettings,
  audit: AuditSettings,
  retention: RetentionSettings,
  backups: BackupsOfServer,
  about: AboutSettings,
};
