/** A command's output is shown as it comes, with what became of the command. */

import type { Command } from "@neverstale/fleet-domain";
import { isFinal } from "@neverstale/fleet-domain/schema-free";
import { type ClipboardEvent, memo, type ReactNode, useLayoutEffect, useRef, useState } from "react";
import { Button, ToggleButton } from "react-aria-components";
import { commandLook } from "../commands/command-look.ts";
import { argWords, reasonWords } from "../commands/run-words.ts";
import { Icon } from "../components/icon.tsx";
import { Status } from "../components/status.tsx";
import { Elapsed } from "../components/time.tsx";
import { bytes } from "../state/format.ts";
import { copiedText } from "./copied-text.ts";
import type { Block, Scrollback } from "./scrollback.ts";
import type { TerminalLine } from "./terminal.ts";

export interface OutputViewProps {
  readonly command: Command;
  readonly hostname: string;
  readonly scrollback: Scrollback;
  /** Nothing will be appended any more. */
  readonly finished: boolean;
  /** A few words say that what is shown may be behind. Null means that it is live. */
  readonly behind: string | null;
  /** The whole output is there as plain text. */
  readonly fullAddress: string;
  /** The whole output is there as it was written, with its colours. */
  readonly colourAddress: string;
  /** Null means that this user may not stop the command. */
  readonly onStop: (() => void) | null;
}

export function OutputView(props: OutputViewProps) {
  const { command, scrollback, finished, fullAddress } = props;
  const [wrap, setWrap] = useState(true);
  return (
    <div className="output">
      <OutputHead {...props} wrap={wrap} onWrap={() => setWrap(!wrap)} />
      <OutputText scrollback={scrollback} wrap={wrap} label={`Output of ${command.op} on ${props.hostname}`}>
        {scrollback.cutAtStart && (
          <p className="output-note">
            Older lines are not on this page. <a href={fullAddress}>Open the whole output</a>
          </p>
        )}
        {scrollback.offset === null && <p className="output-note">{nothingYet(command, finished)}</p>}
      </OutputText>
    </div>
  );
}

function nothingYet(command: Command, finished: boolean): string {
  if (finished) return "It wrote nothing.";
  return command.status === "pending" ? "It has not started yet." : "Nothing written yet.";
}

interface OutputHeadProps extends OutputViewProps {
  readonly wrap: boolean;
  readonly onWrap: () => void;
}

function OutputHead({
  command,
  hostname,
  scrollback,
  behind,
  fullAddress,
  colourAddress,
  onStop,
  wrap,
  onWrap,
}: OutputHeadProps) {
  const stoppable = !isFinal(command.status) && onStop !== null;
  return (
    <header className="output-head">
      <div className="output-facts" role="status">
        <CommandFacts command={command} read={scrollback.offset ?? 0} />
        {behind !== null && <span className="output-behind">{behind}</span>}
        <span className="visually-hidden">on {hostname}</span>
      </div>
      <div className="output-actions">
        {stoppable && (
          <Button className="button button-small" onPress={onStop} isDisabled={command.cancelRequested === true}>
            {command.cancelRequested === true ? "Stopping" : "Stop"}
          </Button>
        )}
        <ToggleButton className="button button-small button-plain" isSelected={wrap} onChange={onWrap}>
          Wrap
        </ToggleButton>
        <a className="button button-small button-plain" href={fullAddress} target="_blank" rel="noreferrer">
          Plain text <Icon name="external" />
        </a>
        <a
          className="button button-small button-plain"
          href={colourAddress}
          download={`${command.op}-${command.id}.ansi`}
        >
          With colours
        </a>
      </div>
    </header>
  );
}

interface CommandFactsProps {
  readonly command: Command;
  /** This counts the bytes of output that this page has read. */
  readonly read: number;
}

function CommandFacts({ command, read }: CommandFactsProps) {
  return (
    <>
      <span className="value">
        <Status look={commandLook(command.status)} strong />
      </span>
      {command.exitCode !== undefined && <span>exit {command.exitCode}</span>}
      {command.startedAt !== undefined && (
        <span className="value">
          <Elapsed from={command.startedAt} to={command.finishedAt} />
        </span>
      )}
      <span className="value">{bytes(Math.max(command.outputBytes, read))}</span>
      <span className="mono foreign">{argWords(command.args)}</span>
      <span className="output-reason foreign">{reasonWords(command)}</span>
    </>
  );
}

interface OutputTextProps {
  readonly scrollback: Scrollback;
  readonly wrap: boolean;
  readonly label: string;
  readonly children: ReactNode;
}

/** A reader who is within so many pixels of the end is at the end. */
const AT_END = 24;

/** It follows the end of the text until the reader scrolls up, and again when the reader is at the end. */
function OutputText({ scrollback, wrap, label, children }: OutputTextProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [following, setFollowing] = useState(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the end moves whenever there is more text or it wraps anew.
  useLayoutEffect(() => {
    if (following && scroller.current !== null) scroller.current.scrollTop = scroller.current.scrollHeight;
  }, [scrollback, wrap, following]);
  const look = () => {
    const box = scroller.current;
    if (box !== null) setFollowing(box.scrollHeight - box.scrollTop - box.clientHeight < AT_END);
  };
  return (
    <div className="output-frame">
      <section
        className={wrap ? "output-text is-wrapped" : "output-text"}
        ref={scroller}
        onScroll={look}
        onCopy={copyLines}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        tabIndex={0}
        aria-label={label}
      >
        {children}
        {scrollback.blocks.map((block) => (
          <BlockView key={block.first} block={block} />
        ))}
        <LineView line={scrollback.terminal.open} />
      </section>
      {!following && (
        <Button className="button button-small output-follow" onPress={() => setFollowing(true)}>
          <Icon name="bottom" /> Follow
        </Button>
      )}
    </div>
  );
}

function copyLines(event: ClipboardEvent<HTMLElement>): void {
  const chosen = document.getSelection();
  const text = chosen?.rangeCount === 1 ? copiedText(event.currentTarget, chosen.getRangeAt(0)) : null;
  if (text === null || text === "") return;
  event.clipboardData.setData("text/plain", text);
  event.preventDefault();
}

const BlockView = memo(function BlockView({ block }: { readonly block: Block }) {
  return (
    <div className="output-block">
      {block.lines.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place in its block.
        <LineView key={index} line={line} />
      ))}
    </div>
  );
});

const LineView = memo(function LineView({ line }: { readonly line: TerminalLine }) {
  return (
    <div className="output-line">
      {line.map((segment, index) =>
        segment.className === "" ? (
          segment.text
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: a segment is its place in its line.
          <span key={index} className={segment.className}>
            {segment.text}
          </span>
        ),
      )}
    </div>
  );
});
