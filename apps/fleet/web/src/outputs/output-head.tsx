/** Above an output stands what became of its command, and what can be done with the output. */

import type { Command } from "@neverstale/fleet-domain";
import { isFinal } from "@neverstale/fleet-domain/schema-free";
import { Button, Menu, MenuItem, MenuTrigger, Popover, ToggleButton } from "react-aria-components";
import { commandLook } from "../commands/command-look.ts";
import { argWords, reasonWords } from "../commands/run-words.ts";
import { Icon } from "../components/icon.tsx";
import { Status } from "../components/status.tsx";
import { Elapsed } from "../components/time.tsx";
import { bytes } from "../state/format.ts";

interface OutputHeadProps {
  readonly command: Command;
  readonly hostname: string;
  /** So many bytes of output are known of. */
  readonly written: number;
  /** It was cut at a limit: nothing behind that is kept. */
  readonly isCut: boolean;
  /** A few words say that what is shown may be behind. Null means that it is live. */
  readonly behind: string | null;
  /** The whole output is there in each of these forms. */
  readonly addressOf: (format: "plain" | "ansi" | "ndjson") => string;
  /** Null means that this user may not stop the command. */
  readonly onStop: (() => void) | null;
  /** It is a sentence for whoever may stop it, but not now. */
  readonly whyNotStop: string | null;
  readonly wrap: boolean;
  readonly onWrap: (wrap: boolean) => void;
  readonly times: boolean;
  readonly onTimes: (times: boolean) => void;
  readonly finding: boolean;
  readonly onFind: (finding: boolean) => void;
}

export function OutputHead(props: OutputHeadProps) {
  const { command, hostname, behind, onStop, whyNotStop, wrap, onWrap, times, onTimes, finding, onFind } = props;
  const stoppable = !isFinal(command.status) && onStop !== null;
  return (
    <header className="output-head">
      <div className="output-facts" role="status">
        <CommandFacts {...props} />
        {behind !== null && <span className="output-behind">{behind}</span>}
        {stoppable && whyNotStop !== null && <span className="quiet">{whyNotStop}</span>}
        <span className="visually-hidden">on {hostname}</span>
      </div>
      <div className="output-actions">
        {stoppable && (
          <Button
            className="button button-small"
            onPress={onStop}
            isDisabled={whyNotStop !== null || command.cancelRequested === true}
          >
            {command.cancelRequested === true ? "Stopping" : "Stop"}
          </Button>
        )}
        <ToggleButton className="button button-small button-plain" isSelected={finding} onChange={onFind}>
          <Icon name="find" /> Find
        </ToggleButton>
        <ToggleButton className="button button-small button-plain" isSelected={times} onChange={onTimes}>
          Times
        </ToggleButton>
        <ToggleButton className="button button-small button-plain" isSelected={wrap} onChange={onWrap}>
          Wrap
        </ToggleButton>
        <Downloads {...props} />
      </div>
    </header>
  );
}

function Downloads({ command, addressOf }: OutputHeadProps) {
  const name = `${command.op}-${command.id}`;
  return (
    <MenuTrigger>
      <Button className="button button-small button-plain">
        Download <Icon name="down" />
      </Button>
      <Popover className="popover" placement="top end" isNonModal>
        <Menu className="menu">
          <MenuItem className="choice-option" href={addressOf("plain")} download={`${name}.txt`}>
            Plain text
          </MenuItem>
          <MenuItem className="choice-option" href={addressOf("ansi")} download={`${name}.ansi`}>
            With colours
          </MenuItem>
          <MenuItem className="choice-option" href={addressOf("ndjson")} download={`${name}.ndjson`}>
            Lines with times, as JSON
          </MenuItem>
        </Menu>
      </Popover>
    </MenuTrigger>
  );
}

function CommandFacts({ command, written, isCut }: OutputHeadProps) {
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
      <span className="value">{bytes(Math.max(command.outputBytes, written))}</span>
      {isCut && <span className="output-behind">cut at {bytes(written)}: the rest was dropped</span>}
      <span className="mono foreign">{argWords(command.args)}</span>
      <span className="output-reason foreign">{reasonWords(command)}</span>
    </>
  );
}
