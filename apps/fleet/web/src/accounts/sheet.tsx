/** Forms about an account stand on a sheet, which may lie over the page in a dialog. */

import { type ReactNode, useEffect, useState } from "react";
import { Logo } from "../components/logo.tsx";
import { Notice } from "../components/notice.tsx";

interface SheetProps {
  readonly title: string;
  readonly lead: string;
  readonly failure: string | null;
  readonly children: ReactNode;
}

export function Sheet({ title, lead, failure, children }: SheetProps) {
  return (
    <div className="sheet">
      <Logo size={40} className="sheet-mark" />
      <h1 className="sheet-title" id="sheet-title">
        {title}
      </h1>
      <p className="sheet-lead">{lead}</p>
      {failure !== null && (
        <Notice tone="bad" shape="cross" role="alert">
          {failure}
        </Notice>
      )}
      {children}
    </div>
  );
}

/**
 * It lies over the page that was there before, so that nothing of it is lost: where one was, how far one had got. Without
 * `onCancel` it stays until it is answered.
 */
export function SheetDialog({ children, onCancel }: { readonly children: ReactNode; readonly onCancel?: () => void }) {
  const [dialog, setDialog] = useState<HTMLDialogElement | null>(null);
  useEffect(() => {
    if (dialog === null || dialog.open) return;
    dialog.showModal();
    return () => dialog.close();
  }, [dialog]);
  return (
    <dialog
      className="sign-in-dialog"
      aria-labelledby="sheet-title"
      ref={setDialog}
      onCancel={(event) => {
        event.preventDefault();
        onCancel?.();
      }}
    >
      {children}
    </dialog>
  );
}
