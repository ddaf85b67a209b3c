/** A saved view is a group of hosts by its filter, and the order, the columns and the layout in which the page shows it. */

import type { Fleet } from "@neverstale/fleet-domain";
import { useState } from "react";
import {
  Button,
  Header,
  Input,
  Label,
  Menu,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  Text,
  TextField,
} from "react-aria-components";
import { useAccount } from "../../accounts/account.ts";
import { Sheet, SheetDialog } from "../../accounts/sheet.tsx";
import { formText, useSubmit } from "../../accounts/submit.ts";
import { Icon } from "../../components/icon.tsx";
import { WhyNot } from "../../frame/why-not.tsx";
import { useMayAct } from "../../state/may-act.ts";
import { useNavigation, usePlace } from "../../state/navigation.ts";
import { useReplica, useSelection } from "../../state/replica-hooks.ts";
import { removeView, saveView } from "./io/view-requests.ts";
import { placeOfView, type SavedView, viewOfPlace } from "./view-place.ts";

type Asked = "save" | "remove" | null;

export function SavedViews() {
  const { role, tags } = useAccount();
  const navigation = useNavigation();
  const filter = usePlace((place) => place.filter);
  const views = useSelection(savedViews);
  const shown = views.find((view) => view.filter === filter) ?? null;
  const [asked, setAsked] = useState<Asked>(null);
  const maySave = role !== "viewer" && tags === null;
  if (views.length === 0 && !maySave) return null;
  const close = () => setAsked(null);
  return (
    <>
      {asked === "save" && <SaveForm name={shown?.id ?? ""} onClose={close} />}
      {asked === "remove" && shown !== null && <RemoveForm name={shown.id} onClose={close} />}
      <MenuTrigger>
        <Button className="button button-small">
          Views <Icon name="down" />
        </Button>
        <Popover className="popover" placement="bottom end" isNonModal>
          <Menu className="menu" aria-label="Saved views">
            <MenuSection>
              <Header className="choice-header">{views.length === 0 ? "No view is saved yet" : "Saved views"}</Header>
              {views.map((view) => (
                <MenuItem
                  key={view.id}
                  id={`view ${view.id}`}
                  className="choice-option"
                  textValue={view.id}
                  onAction={() => navigation.go(placeOfView(navigation.place, view))}
                >
                  <span className="foreign">{view.title ?? view.id}</span>
                  <span className="choice-note foreign">{view.filter}</span>
                </MenuItem>
              ))}
            </MenuSection>
            {maySave && (
              <MenuSection>
                <Header className="choice-header">
                  {filter === "" ? "A view needs a filter" : "What is shown now"}
                </Header>
                <MenuItem
                  id="save"
                  className="choice-option"
                  isDisabled={filter === ""}
                  onAction={() => setAsked("save")}
                >
                  Save it as a view…
                </MenuItem>
                <MenuItem
                  id="remove"
                  className="choice-option"
                  isDisabled={shown === null}
                  onAction={() => setAsked("remove")}
                >
                  Remove this view…
                </MenuItem>
              </MenuSection>
            )}
          </Menu>
        </Popover>
      </MenuTrigger>
    </>
  );
}

function savedViews({ groups }: Fleet): readonly SavedView[] {
  return [...groups.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

interface FormProps {
  readonly name: string;
  readonly onClose: () => void;
}

function SaveForm({ name, onClose }: FormProps) {
  const { may } = useMayAct();
  const replica = useReplica();
  const navigation = useNavigation();
  const { failure, busy, submit } = useSubmit(async (form) => {
    await saveView(replica, formText(form, "name"), viewOfPlace(navigation.place));
    onClose();
  });
  return (
    <SheetDialog onCancel={onClose}>
      <Sheet
        title="Save this view"
        lead="It keeps the filter, the order, the columns and the layout, for everybody. Runs can be started on it as a group."
        failure={failure}
      >
        <form className="sign-in-form" onSubmit={submit}>
          <TextField className="field" name="name" defaultValue={name} isRequired autoFocus>
            <Label className="field-label">Name</Label>
            <Input className="input" autoComplete="off" autoCapitalize="none" spellCheck={false} />
            <Text slot="description" className="field-note">
              A view of the same name gives way to it.
            </Text>
          </TextField>
          <WhyNot />
          <Button type="submit" className="button button-main" isPending={busy} isDisabled={!may}>
            Save
          </Button>
          <Button className="button button-plain" onPress={onClose}>
            Cancel
          </Button>
        </form>
      </Sheet>
    </SheetDialog>
  );
}

function RemoveForm({ name, onClose }: FormProps) {
  const { may } = useMayAct();
  const replica = useReplica();
  const { failure, busy, submit } = useSubmit(async () => {
    await removeView(replica, name);
    onClose();
  });
  return (
    <SheetDialog onCancel={onClose}>
      <Sheet
        title={`Remove the view ${name}`}
        lead="It is a group, too: what names it, such as a script, finds no hosts by it any more."
        failure={failure}
      >
        <form className="sign-in-form" onSubmit={submit}>
          <WhyNot />
          <Button type="submit" className="button button-main" isPending={busy} isDisabled={!may} autoFocus>
            Remove it
          </Button>
          <Button className="button button-plain" onPress={onClose}>
            Cancel
          </Button>
        </form>
      </Sheet>
    </SheetDialog>
  );
}
