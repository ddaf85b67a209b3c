/** The badge says at every moment how fresh the page is. A click shows why it thinks so. */

import { Button, Dialog, DialogTrigger, Heading, Popover } from "react-aria-components";
import { CopyButton } from "../components/copy-button.tsx";
import { Mark } from "../components/mark.tsx";
import type { Badge } from "../state/freshness.ts";

export interface BadgeProps {
  readonly badge: Badge;
  /** The replica has counted this and knows it, in words. */
  readonly facts: readonly (readonly [word: string, value: string])[];
  /** This text is pasted into a report. */
  readonly diagnosis: () => string;
  readonly onCheck: () => void;
}

export function ConnectionBadge({ badge, facts, diagnosis, onCheck }: BadgeProps) {
  return (
    <DialogTrigger>
      <Button className={`badge badge-${badge.tone}`} data-badge={badge.word}>
        <Mark shape={badge.shape} tone={badge.tone} />
        <span className="badge-word">{badge.word}</span>
        {badge.detail !== null && <span className="badge-detail">{badge.detail}</span>}
      </Button>
      <Popover className="popover badge-popover" placement="bottom end" isNonModal>
        <Dialog className="badge-dialog">
          <Heading slot="title" className="badge-title">
            Connection
          </Heading>
          <dl className="badge-facts">
            {facts.map(([word, value]) => (
              <div key={word}>
                <dt>{word}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          <div className="badge-actions">
            <Button className="button button-small" onPress={onCheck}>
              Check now
            </Button>
            <CopyButton label="Copy diagnosis" text={diagnosis} />
          </div>
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
