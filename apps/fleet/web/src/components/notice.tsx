/** A notice is a sentence that stands out. Another sentence stands in the place of what is not there. */

import type { ReactNode } from "react";
import { Button } from "react-aria-components";
import { Mark, type Shape, type Tone } from "./mark.tsx";

export function Notice({ tone, shape, children, role = "status" }: NoticeProps) {
  return (
    <div className={`notice notice-${tone}`} role={role}>
      <Mark shape={shape} tone={tone} />
      <div className="notice-text">{children}</div>
    </div>
  );
}

interface NoticeProps {
  readonly tone: Tone;
  readonly shape: Shape;
  readonly children: ReactNode;
  /** An `alert` is read out at once, a `status` when the reader is free. */
  readonly role?: "alert" | "status";
}

/** This stands in the place of a part of the page that did not come, because the server was away when it was asked for. */
export function PartMissing() {
  return (
    <Notice tone="warn" shape="triangle">
      A part of the page did not come. Is the server there again?{" "}
      <Button className="button button-small" onPress={() => location.reload()}>
        Load the page again
      </Button>
    </Notice>
  );
}

/** This stands where a list has nothing to show. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children !== undefined && <p className="empty-text">{children}</p>}
    </div>
  );
}
