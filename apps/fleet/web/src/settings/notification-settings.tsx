/** The targets of notifications, which `fleet.yaml` names, are shown here with what became of each message, and can be tried. */

import { NotificationSection } from "../alerts/notification-section.tsx";

export function NotificationSettings() {
  return (
    <>
      <p>
        The part <code>notify</code> of the server's fleet.yaml names the targets. Secrets stand in files beside it, and
        are shown nowhere.
      </p>
      <NotificationSection />
    </>
  );
}
