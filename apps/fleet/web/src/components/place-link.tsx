/** This is a real link: it opens in another tab with the usual keys, and in this one without loading the page again. */

import type { MouseEvent, ReactNode } from "react";
import { serverPath } from "../state/io/base-path.ts";
import { useNavigation, usePlace } from "../state/navigation.ts";
import { formatPlace, type PagePlace, showOutput } from "../state/place.ts";

interface PlaceLinkProps {
  /** It says where the link leads from the place that the page is at. */
  readonly to: (place: PagePlace) => PagePlace;
  readonly className?: string;
  readonly current?: boolean;
  readonly children: ReactNode;
}

export function PlaceLink({ to, className, current = false, children }: PlaceLinkProps) {
  const navigation = useNavigation();
  const target = to(usePlace());
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigation.go(target);
  };
  return (
    <a
      href={serverPath(formatPlace(target))}
      className={className}
      aria-current={current ? "page" : undefined}
      onClick={follow}
    >
      {children}
    </a>
  );
}

interface OutputLinkProps {
  readonly commandId: string;
  readonly className: string;
  readonly children: ReactNode;
}

/** It shows the command's output in the dock below. */
export function OutputLink({ commandId, className, children }: OutputLinkProps) {
  return (
    <PlaceLink className={className} to={(place) => showOutput(place, [commandId])}>
      {children}
    </PlaceLink>
  );
}
