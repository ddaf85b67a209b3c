/** The banner says what changed while this page was cut off or asleep. It is there until it is read or put away. */

import { useEffect, useState } from "react";
import { Button } from "react-aria-components";
import { Icon } from "../components/icon.tsx";
import { Notice } from "../components/notice.tsx";
import { NOT_AWAY, nextAway } from "../state/away.ts";
import { useNavigation } from "../state/navigation.ts";
import { goTo } from "../state/place.ts";
import { useReplica } from "../state/replica-hooks.ts";

export function AwayBanner() {
  const replica = useReplica();
  const navigation = useNavigation();
  const [away, setAway] = useState(NOT_AWAY);
  useEffect(() => {
    const look = () => setAway((before) => nextAway(before, replica.view, replica.list("events")));
    look();
    return replica.subscribe(look);
  }, [replica]);
  if (away.missed === null) return null;
  const close = () => setAway((before) => ({ ...before, missed: null }));
  const show = () => {
    close();
    navigation.go(goTo(navigation.place, "events"));
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
