/** The note says that the hosts would be in another order, which waits because somebody points at one of them. */

import { Button } from "react-aria-components";

export function OrderNote({ onTake }: { readonly onTake: () => void }) {
  return (
    <p className="order-note">
      <span>The order waits while you are in the list.</span>
      <Button className="button button-small" onPress={onTake} excludeFromTabOrder>
        Show the new order <kbd>O</kbd>
      </Button>
    </p>
  );
}
