/** An admin removes a host here. Its credential opens nothing from then on, and what it has left may be erased, too. */

import type { Host } from "@neverstale/fleet-domain";
import { labelOf } from "@neverstale/fleet-domain/schema-free";
import { useState } from "react";
import { Button } from "react-aria-components";
import { isAdminOfFleet, useAccount } from "../../accounts/account.ts";
import { Sheet, SheetDialog } from "../../accounts/sheet.tsx";
import { useSubmit } from "../../accounts/submit.ts";
import { WhyNot } from "../../frame/why-not.tsx";
import { useMayAct } from "../../state/may-act.ts";
import { useNavigation } from "../../state/navigation.ts";
import { goTo } from "../../state/place.ts";
import { useServer } from "../../state/server.ts";

export function RemoveHost({ host }: { readonly host: Host }) {
  const [isAsking, setAsking] = useState(false);
  const whyNot = useMayAct().why;
  return (
    <section aria-labelledby="host-remove">
      {isAsking && <RemoveSheet host={host} onClose={() => setAsking(false)} />}
      <h2 id="host-remove">Remove</h2>
      <p className="quiet">
        Its credential is revoked at once, what runs there is ended, and the host leaves the list. Its agent is not let
        in again without a new token.
      </p>
      <div className="host-actions">
        <Button className="button button-small" isDisabled={whyNot !== null} onPress={() => setAsking(true)}>
          Remove this host…
        </Button>
      </div>
      <WhyNot />
    </section>
  );
}

function RemoveSheet({ host, onClose }: { readonly host: Host; readonly onClose: () => void }) {
  const server = useServer();
  const navigation = useNavigation();
  const mayErase = isAdminOfFleet(useAccount());
  const { failure, busy, submit } = useSubmit(async (form) => {
    await server.send("DELETE", `/api/hosts/${encodeURIComponent(host.id)}`);
    if (form.has("erase")) await server.send("POST", "/api/erasures", { host: host.id });
    navigation.go(goTo(navigation.place, "hosts"));
  });
  return (
    <SheetDialog onCancel={onClose}>
      <Sheet
        title={`Remove ${labelOf(host)}?`}
        lead="Its credential opens nothing any more, and what waits or runs there ends."
        failure={failure}
      >
        <form className="sign-in-form" onSubmit={submit}>
          {mayErase && (
            <label className="check-field">
              <input type="checkbox" className="checkbox" name="erase" />
              <span>
                Also erase what it has left
                <span className="field-note">
                  Its commands with their output, and its events, also from the history. The audit stays. This can't be
                  undone.
                </span>
              </span>
            </label>
          )}
          <Button type="submit" className="button button-main" isPending={busy}>
            Remove
          </Button>
          <Button className="button button-plain" onPress={onClose} autoFocus>
            Cancel
          </Button>
        </form>
      </Sheet>
    </SheetDialog>
  );
}
