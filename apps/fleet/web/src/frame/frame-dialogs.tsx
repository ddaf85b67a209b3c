/** The palette and the list of shortcuts lie over the page. Their code comes after the first paint. */

import { Suspense, useEffect, useState } from "react";
import { Button } from "react-aria-components";
import { useAccount } from "../accounts/account.ts";
import { chosenWish, useRunOpener } from "../commands/dialog/run-opener.ts";
import { Icon } from "../components/icon.tsx";
import { useChosenHosts } from "../hosts/chosen-hosts.ts";
import { LATER } from "../later.ts";
import { useMoments } from "../state/moment-provider.tsx";
import { useNavigation } from "../state/navigation.ts";
import { goTo } from "../state/place.ts";
import { focusFilter, listenForShortcuts, MOD_KEY } from "./io/shortcut-keys.ts";
import { lookBack, pauseOrResume } from "./moment-buttons.tsx";
import type { ShortcutAction } from "./shortcuts.ts";

export function FrameDialogs() {
  const navigation = useNavigation();
  const moments = useMoments();
  const opener = useRunOpener();
  const { mayDispatch } = useAccount();
  const chosen = useChosenHosts();
  const [open, setOpen] = useState<"palette" | "help" | null>(null);
  useEffect(() => {
    const act = (action: ShortcutAction) => {
      const { place } = navigation;
      if (action.type === "go") navigation.go(goTo(place, action.screen));
      else if (action.type === "run") {
        if (mayDispatch && moments.shown.moment.kind !== "past") opener.open(chosenWish(place, chosen.ids));
      } else if (action.type === "filter") focusFilter();
      else if (action.type === "dock")
        navigation.replace({ ...place, tab: place.tab === null ? (place.tabs[0] ?? null) : null });
      else if (action.type === "pause") pauseOrResume(moments);
      else if (action.type === "past") lookBack(moments, navigation);
      else setOpen(action.type);
    };
    return listenForShortcuts(act);
  }, [navigation, moments, opener, chosen, mayDispatch]);
  const close = () => setOpen(null);
  return (
    <>
      <Button className="button button-plain find" aria-label="Find and go" onPress={() => setOpen("palette")}>
        <Icon name="find" />
        <span className="find-words" aria-hidden="true">
          Find <kbd>{MOD_KEY} K</kbd>
        </span>
      </Button>
      <Suspense fallback={null}>
        {open === "palette" && <LATER.Palette onClose={close} />}
        {open === "help" && <LATER.Shortcuts onClose={close} />}
      </Suspense>
    </>
  );
}
