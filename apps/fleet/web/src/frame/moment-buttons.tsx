/** These buttons choose the moment that the page shows. */

import { Button } from "react-aria-components";
import { Icon } from "../components/icon.tsx";
import { useMoment, useMoments } from "../state/moment-provider.tsx";

export function PauseButton() {
  const moments = useMoments();
  const { kind } = useMoment();
  if (kind === "past") return null;
  return kind === "live" ? (
    <Button className="button button-plain" aria-label="Pause the page" onPress={() => moments.hold()}>
      <Icon name="pause" />
    </Button>
  ) : (
    <Button className="button button-plain" aria-label="Resume the page" onPress={() => moments.resume()} data-selected>
      <Icon name="resume" />
    </Button>
  );
}
