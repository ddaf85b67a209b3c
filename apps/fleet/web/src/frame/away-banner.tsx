import type { StateSync } from "@neverstale/client";
import type { Fleet } from "@neverstale/fleet-domain";
import { useEffect, useState } from "react";
import { Button } from "react-aria-components";
import { Icon } from "../components/icon.tsx";
import { Notice } from "../components/notice.tsx";
import { NOT_AWAY, nextAway } from "../state/away.ts";
import { useNavigation } from "../state/navigation.ts";
import { goTo } from "../state/place.ts";

/** What changed while this page was cut off or asleep; there until it is read or put away. */
export function AwayBanner({ sync }: { readonly sync: StateSync<Fleet> }) {
  const navigation = useNavigation();
  const [away, setAway] = useState(NOT_AWAY);
  useEffect(() => {
    const look = () => setAway((before) => nextAway(before, sync.view, sync.list("events"), Date.now()));
    look();
    return sync.subscribe(look);
  }, [sync]);
  if (away.missed === null) return null;
  const close = () => setAway((before) => ({ ...before, missed: null }));
  const show = () => {
    close();
    navigation.go(goTo(navigation.view, "events"));
  };
  return (
    <div className="away">
      <Notice tone="warn" shape="triangle">
        {away.missed.sentence}{" "}
        <Button className="button button-small" onPress={show}>
          Show events
        </Button>{" "}
        <Button className="button button-small button-plain" aria-label="Put away" onPress={close}>
          <Icon name="close" />
        </Button>
      </Notice>
    </div>
  );
}
