/** The banner says what changed while this page was cut off, asleep or closed. It is there until it is read or put away. */

import { useEffect, useState } from "react";
import { Button } from "react-aria-components";
import { useAccount } from "../accounts/account.ts";
import { Icon } from "../components/icon.tsx";
import { Notice } from "../components/notice.tsx";
import { useMoments } from "../state/moment-provider.tsx";
import { useNavigation } from "../state/navigation.ts";
import { goTo } from "../state/place.ts";
import { NOT_AWAY, nextAway } from "./away.ts";
import { keepLastSeen, lastSeenBy } from "./io/last-seen.ts";

export function AwayBanner() {
  const { live } = useMoments();
  const { user } = useAccount();
  const navigation = useNavigation();
  const [away, setAway] = useState(NOT_AWAY);
  useEffect(() => {
    const before = lastSeenBy(user);
    const look = () => setAway((now) => nextAway(now, live.view, live.list("events"), live.serverNow(), before));
    look();
    return live.subscribe(look);
  }, [live, user]);
  useEffect(() => keepLastSeen(user, live), [live, user]);
  if (away.missed === null) return null;
  const { sentence, since } = away.missed;
  const close = () => setAway((before) => ({ ...before, missed: null }));
  const showEvents = () => {
    close();
    navigation.go(goTo(navigation.place, "events"));
  };
  const showChanges = () => {
    close();
    navigation.go({ ...navigation.place, since });
  };
  return (
    <div className="away">
      <Notice tone="warn" shape="triangle">
        {sentence}{" "}
        <Button className="button button-small" onPress={showChanges}>
          Show what changed
        </Button>{" "}
        <Button className="button button-small" onPress={showEvents}>
          Show events
        </Button>{" "}
        <Button className="button button-small button-plain" aria-label="Put away" onPress={close}>
          <Icon name="close" />
        </Button>
      </Notice>
    </div>
  );
}
