/** Forms about an account stand on a sheet, which may lie over the page in a dialog. */

import { createContext, type ReactNode, useContext, useEffect, useId, useState } from "react";
import { Logo } from "../components/logo.tsx";
import { Notice } from "../components/notice.tsx";

interface SheetProps {
  readonly title: string;
  readonly lead: string;
  readonly failure: string | null;
  readonly children: ReactNode;
}

/** A dialog is called what its sheet is called. One may lie over another. */
const TitleId = createContext<string | undefined>(undefined);

export function Sheet({ title, lead, failure, children }: SheetProps) {
  const titleId = useContext(TitleId);
  return (
    <div className="sheet">
      <Logo size={40} className="sheet-mark" />
      <h1 className="sheet-title" id={titleId}>
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
  const titleId = useId();
  useEffect(() => {
    if (dialog === null || dialog.open) return;
    dialog.showModal();
    return () => dialog.close();
  }, [dialog]);
  return (
    <dialog
      className="sign-in-dialog"
      aria-labelledby={titleId}
      ref={setDialog}
      onCancel={(event) => {
        event.preventDefault();
        onCancel?.();
      }}
    >
      <TitleId value={titleId}>{children}</TitleId>
    </dialog>
  );
}
