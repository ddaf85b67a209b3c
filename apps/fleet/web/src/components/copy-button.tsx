/** The button copies a text, and says for a while that it has. */

import { useEffect, useState } from "react";
import { Button } from "react-aria-components";

export function CopyButton({ label, text }: { readonly label: string; readonly text: () => string }) {
  const [word, setWord] = useState<string | null>(null);
  useEffect(() => {
    if (word === null) return;
    const timer = setTimeout(() => setWord(null), COPIED_SHOWN_MS);
    return () => clearTimeout(timer);
  }, [word]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text()); // Browsers have no clipboard on a page that came over http.
      setWord("Copied");
    } catch {
      setWord("Copying is not allowed here");
    }
  };
  return (
    <Button className="button button-small" onPress={copy}>
      <span aria-live="polite">{word ?? label}</span>
    </Button>
  );
}

const COPIED_SHOWN_MS = 2_000;
