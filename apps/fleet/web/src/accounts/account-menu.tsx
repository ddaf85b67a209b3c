/** The menu of the account leads to the settings, and has the colours of the page, the password, and the way out. */

import { useState } from "react";
import { Button, Header, Menu, MenuItem, MenuSection, MenuTrigger, Popover, Separator } from "react-aria-components";
import { Icon } from "../components/icon.tsx";
import { chooseTheme, THEMES, type Theme, useTheme } from "../state/io/theme.ts";
import { useNavigation } from "../state/navigation.ts";
import { goTo } from "../state/place.ts";
import { useReplica } from "../state/replica-hooks.ts";
import { useAccount } from "./account.ts";
import { signOut } from "./io/account-requests.ts";
import { PasswordForm } from "./password-form.tsx";
import { useVisitor } from "./visitor.ts";

export function AccountMenu() {
  const { user, role } = useAccount();
  const replica = useReplica();
  const visitor = useVisitor();
  const navigation = useNavigation();
  const theme = useTheme();
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      {isAsking && <PasswordForm onClose={() => setAsking(false)} />}
      <MenuTrigger>
        <Button className="button button-plain account" aria-label={`Account of ${user}`}>
          <span className="account-initial" aria-hidden="true">
            {user.slice(0, 1).toUpperCase()}
          </span>
          <span className="account-name foreign">{user}</span>
        </Button>
        <Popover className="popover" placement="bottom end" isNonModal>
          <Menu className="menu">
            <MenuSection
              selectionMode="single"
              selectedKeys={[theme]}
              onSelectionChange={(keys) =>
                keys !== "all" && THEMES.filter((each) => keys.has(each)).forEach(chooseTheme)
              }
            >
              <Header className="choice-header">Colours</Header>
              {THEMES.map((each) => (
                <MenuItem key={each} id={each} className="choice-option">
                  {WORDS[each]}
                </MenuItem>
              ))}
            </MenuSection>
            <Separator className="menu-line" />
            {DESTINATIONS.map(({ word, icon, open }) => (
              <MenuItem
                key={word}
                className="choice-option"
                onAction={() => navigation.go(goTo(navigation.place, "settings", open))}
                textValue={word}
              >
                <Icon name={icon} /> {word}
              </MenuItem>
            ))}
            <MenuItem className="choice-option" onAction={() => setAsking(true)} textValue="Password">
              <Icon name="key" /> Password
            </MenuItem>
            <MenuItem className="choice-option" onAction={() => void signOut(replica, visitor)} textValue="Sign out">
              <Icon name="signout" /> Sign out <span className="quiet foreign">{`${user}, ${role}`}</span>
            </MenuItem>
          </Menu>
        </Popover>
      </MenuTrigger>
    </>
  );
}

const DESTINATIONS = [
  { word: "Your account", icon: "people", open: "account" },
  { word: "Settings", icon: "settings", open: null },
] as const;

const WORDS: Readonly<Record<Theme, string>> = { system: "As the system", light: "Light", dark: "Dark" };
