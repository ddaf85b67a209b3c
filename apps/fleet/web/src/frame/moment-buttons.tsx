/** These buttons choose the moment that the page shows. */

import { Button } from "react-aria-components";
import { Icon } from "../components/icon.tsx";
import { useMoment, useMoments } from "../state/moment-provider.tsx";
import type { Moments } from "../state/moments.ts";
import { type Navigation, useNavigation, usePlace } from "../state/navigation.ts";

export function MomentButtons() {
  const moments = useMoments();
  const navigation = useNavigation();
  const { kind } = useMoment();
  const isPast = usePlace((place) => place.at !== "");
  if (isPast) return null;
  const isHeld = kind === "held";
  return (
    <>
      <Button
        className="button button-plain"
        aria-label={isHeld ? "Resume the page" : "Pause the page"}
        onPress={() => pauseOrResume(moments)}
      >
        <Icon name={isHeld ? "resume" : "pause"} />
      </Button>
      <Button className="button button-plain" aria-label="Look back" onPress={() => lookBack(moments, navigation)}>
        <Icon name="past" />
      </Button>
    </>
  );
}

/** The past is left by its own bar. */
export function pauseOrResume(moments: Moments): void {
  const { kind } = moments.shown.moment;
  if (kind === "live") moments.hold();
  else if (kind === "held") moments.resume();
}

/** It begins at the version that is shown. A page that is in the past already goes back to now. */
export function lookBack({ live, shown }: Moments, navigation: Navigation): void {
  const { place } = navigation;
  if (place.at !== "") return navigation.go({ ...place, at: "", since: "" });
  const version = shown.moment.version ?? live.version;
  if (live.epoch !== null) navigation.go({ ...place, at: `${version}.${live.epoch}` });
}
