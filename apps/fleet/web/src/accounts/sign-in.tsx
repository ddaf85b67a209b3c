import { MIN_PASSWORD_LENGTH } from "@neverstale/fleet-domain/schema-free";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { Button, Input, Label, Text, TextField } from "react-aria-components";
import { Notice } from "../components/notice.tsx";

interface SignInProps {
  readonly title: string;
  /** What stands under the title. */
  readonly lead: string;
  readonly user: string;
  readonly onSignIn: (username: string, password: string) => Promise<void>;
}

export function SignIn({ title, lead, user, onSignIn }: SignInProps) {
  const { failure, busy, submit } = useSubmit((form) => onSignIn(field(form, "username"), field(form, "password")));
  return (
    <Sheet title={title} lead={lead} failure={failure}>
      <form className="sign-in-form" onSubmit={submit}>
        <TextField className="field" name="username" defaultValue={user} isRequired autoFocus={user === ""}>
          <Label className="field-label">User name</Label>
          <Input className="input" autoComplete="username" autoCapitalize="none" spellCheck={false} />
        </TextField>
        <TextField className="field" name="password" type="password" isRequired autoFocus={user !== ""}>
          <Label className="field-label">Password</Label>
          <Input className="input" autoComplete="current-password" />
        </TextField>
        <Button type="submit" className="button button-main" isPending={busy}>
          Sign in
        </Button>
      </form>
    </Sheet>
  );
}

interface SetUpProps {
  /** Null: goes on without a password, for this time. */
  readonly onSetUp: (password: string | null) => Promise<void>;
  /** Why a first attempt failed; it can't be repeated when the link was used before. */
  readonly onGiveUp: () => void;
}

/** The one-time link was opened: the visitor is the administrator and may choose a password now. */
export function SetUp({ onSetUp, onGiveUp }: SetUpProps) {
  const { failure, busy, submit } = useSubmit((form) =>
    onSetUp(field(form, "password") === "" ? null : field(form, "password")),
  );
  return (
    <Sheet
      title="Welcome"
      lead="You opened the one-time sign-in link: you are the administrator. Choose a password for the next time."
      failure={failure}
    >
      <form className="sign-in-form" onSubmit={submit}>
        <TextField className="field" name="username" value="admin" isReadOnly>
          <Label className="field-label">User name</Label>
          <Input className="input" autoComplete="username" />
        </TextField>
        <TextField className="field" name="password" type="password" minLength={MIN_PASSWORD_LENGTH} autoFocus>
          <Label className="field-label">New password</Label>
          <Input className="input" autoComplete="new-password" />
          <Text slot="description" className="field-note">
            At least {MIN_PASSWORD_LENGTH} characters; the user name is admin. Leave it empty to go on without one for
            now.
          </Text>
        </TextField>
        <Button type="submit" className="button button-main" isPending={busy}>
          Sign in
        </Button>
        {failure !== null && (
          <Button className="button button-plain" onPress={onGiveUp}>
            Sign in with a password instead
          </Button>
        )}
      </form>
    </Sheet>
  );
}

interface SheetProps {
  readonly title: string;
  readonly lead: string;
  readonly failure: string | null;
  readonly children: ReactNode;
}

export function Sheet({ title, lead, failure, children }: SheetProps) {
  return (
    <div className="sheet">
      <svg className="sheet-mark" viewBox="0 0 32 32" width="40" height="40" aria-hidden="true" focusable="false">
        <rect width="32" height="32" rx="8" fill="var(--accent)" />
        <path
          d="M6 18h5l3-9 5 15 3-9h4"
          fill="none"
          stroke="var(--on-accent)"
          strokeWidth="2.6"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
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

export function useSubmit(send: (form: FormData) => Promise<void>) {
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    send(new FormData(event.currentTarget))
      .catch((error: unknown) => setFailure(error instanceof Error ? error.message : String(error)))
      .finally(() => setBusy(false));
  };
  return { failure, busy, submit };
}

export function field(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value : "";
}

/**
 * Over the page that was there before, so that nothing of it is lost: where one was, how far one had got. Without
 * `onCancel` it stays until it is answered.
 */
export function SignInDialog({ children, onCancel }: { readonly children: ReactNode; readonly onCancel?: () => void }) {
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
