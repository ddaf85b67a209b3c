import type { MouseEvent, ReactNode } from "react";
import { at } from "../state/io/base-path.ts";
import { useNavigation } from "../state/navigation.ts";
import { formatView, type View } from "../state/place.ts";

interface LinkProps {
  readonly to: View;
  readonly className?: string;
  readonly current?: boolean;
  readonly children: ReactNode;
}

/** A real link: it opens in another tab with the usual keys, and in this one without loading the page again. */
export function Link({ to, className, current = false, children }: LinkProps) {
  const navigation = useNavigation();
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigation.go(to);
  };
  return (
    <a href={at(formatView(to))} className={className} aria-current={current ? "page" : undefined} onClick={follow}>
      {children}
    </a>
  );
}
