/** The bar finds text in all of an output, and goes to a line by its number. */

import type { RefObject } from "react";
import { useEffect, useRef, useState } from "react";
import { Button, Input, Label, TextField, ToggleButton } from "react-aria-components";
import { CopyButton } from "../../components/copy-button.tsx";
import { Icon } from "../../components/icon.tsx";
import { firstLineIn } from "../scroll-anchor.ts";
import { type FindInOutput, type FindSnapshot, findWords } from "./find-in-output.ts";

interface FindBarProps {
  readonly find: FindInOutput;
  readonly snapshot: FindSnapshot;
  readonly outputBytes: number;
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** This line stands in the address. */
  readonly line: number | null;
  readonly onLine: (line: number | null) => void;
  readonly onClose: () => void;
}

export function FindBar({ find, snapshot, outputBytes, scroller, line, onLine, onClose }: FindBarProps) {
  const [text, setText] = useState("");
  const [regex, setRegex] = useState(false);
  const [matchCase, setMatchCase] = useState(false);
  const bar = useRef<HTMLFormElement>(null);
  useEffect(() => bar.current?.querySelector("input")?.focus(), []);
  useEffect(() => {
    const timer = setTimeout(() => {
      const box = scroller.current;
      void find.search({ text, regex, matchCase }, box === null ? 1 : firstLineIn(box));
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [find, text, regex, matchCase, scroller]);
  useEffect(() => {
    const timer = setInterval(() => void find.searchOn(), NEXT_LOOK_MS);
    return () => clearInterval(timer);
  }, [find]);
  const isEmpty = snapshot.hits.length === 0;
  return (
    <form
      className="output-find"
      aria-label="Find in this output"
      ref={bar}
      onSubmit={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <TextField className="output-find-field" value={text} onChange={setText} aria-label="Find in the whole output">
        <Input
          className="input"
          placeholder="Find in the whole output"
          spellCheck={false}
          autoComplete="off"
          autoCapitalize="none"
          maxLength={500}
          onKeyDown={(event) => {
            if (event.key === "Enter") find.step(event.shiftKey ? -1 : 1);
          }}
        />
      </TextField>
      <ToggleButton
        className="button button-small button-plain"
        isSelected={matchCase}
        onChange={setMatchCase}
        aria-label="Match upper and lower case"
      >
        Aa
      </ToggleButton>
      <ToggleButton
        className="button button-small button-plain"
        isSelected={regex}
        onChange={setRegex}
        aria-label="Regular expression"
      >
        .*
      </ToggleButton>
      <Button
        className="button button-small button-plain"
        aria-label="Previous match"
        isDisabled={isEmpty}
        onPress={() => find.step(-1)}
      >
        <Icon name="up" />
      </Button>
      <Button
        className="button button-small button-plain"
        aria-label="Next match"
        isDisabled={isEmpty}
        onPress={() => find.step(1)}
      >
        <Icon name="down" />
      </Button>
      <span className="output-found" role="status">
        {snapshot.problem ?? findWords(snapshot, outputBytes)}
      </span>
      <LineField line={line} onLine={onLine} />
      <Button className="button button-small button-plain" aria-label="Close the find" onPress={onClose}>
        <Icon name="close" />
      </Button>
    </form>
  );
}

/** Whoever types is waited for. */
const PAUSE_MS = 300;
/** Hits in what has come since are looked for so often. */
const NEXT_LOOK_MS = 2_000;

interface LineFieldProps {
  readonly line: number | null;
  readonly onLine: (line: number | null) => void;
}

function LineField({ line, onLine }: LineFieldProps) {
  const [text, setText] = useState(line === null ? "" : String(line));
  useEffect(() => setText(line === null ? "" : String(line)), [line]);
  return (
    <>
      <TextField
        className="output-line-field"
        value={text}
        onChange={(next) => setText(next.replaceAll(/\D/g, "").slice(0, 12))}
      >
        <Label className="field-label">Line</Label>
        <Input
          className="input"
          inputMode="numeric"
          autoComplete="off"
          onKeyDown={(event) => {
            if (event.key === "Enter") onLine(Number(text) > 0 ? Number(text) : null);
          }}
        />
      </TextField>
      {line !== null && <CopyButton label="Copy link" text={() => window.location.href} />}
    </>
  );
}
