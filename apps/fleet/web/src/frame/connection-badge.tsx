/** The badge says at every moment how fresh the page is. A click shows why it thinks so. */

import { Suspense } from "react";
import { Button, Dialog, DialogTrigger, Popover } from "react-aria-components";
import { Mark } from "../components/mark.tsx";
import { LATER } from "../later.ts";
import type { Badge } from "../state/freshness.ts";
import { LiveMoment } from "../state/moment-provider.tsx";

export function ConnectionBadge({ badge }: { readonly badge: Badge }) {
  return (
    <DialogTrigger>
      <Button className={`badge badge-${badge.tone}`} data-badge={badge.word}>
        <Mark shape={badge.shape} tone={badge.tone} />
        <span className="badge-word">{badge.word}</span>
        {badge.detail !== null && <span className="badge-detail">{badge.detail}</span>}
      </Button>
      <Popover className="popover badge-popover" placement="bottom end" isNonModal>
        <Dialog className="badge-dialog" aria-label="Connection">
          <Suspense fallback={null}>
            <LiveMoment>
              <LATER.ConnectionDetails />
            </LiveMoment>
          </Suspense>
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
}

/** Those who can't see the badge hear it: it speaks when the kind of status changes, not every second. */
export function BadgeAnnouncer({ badge }: { readonly badge: Badge }) {
  const kind = badge.word.replace(/,.*/, "");
  return (
    <p className="visually-hidden" role="status">
      {kind}
    </p>
  );
}

/** It stands beside the badge while the page waits for its next try. */
export function TryNow({ onTry }: { readonly onTry: () => void }) {
  return (
    <Button className="button button-small" onPress={onTry}>
      Try now
    </Button>
  );
}

/** A newer page is offered, never forced: what is typed and selected here would be lost. */
export function NewVersion({ onReload }: { readonly onReload: () => void }) {
  return (
    <Button className="badge badge-busy" onPress={onReload}>
      <Mark shape="half" tone="busy" />
      <span className="badge-word">New version ready</span>
      <span className="badge-detail">Reload</span>
    </Button>
  );
}
