/** Several commands have these flags, or read the values of their own flags with these functions. */

import { parseDuration } from "@neverstale/fleet-domain/quantity";
import { type Command, InvalidArgumentError, Option } from "commander";
import { Failure } from "./failure.ts";

/** These flags say where the server is, and who signs in there. */
export interface SignInFlags {
  readonly url: string;
  readonly user: string;
  readonly passwordFile?: string;
  /** A program's API token takes the place of user and password. */
  readonly tokenFile?: string;
  readonly caFile?: string;
}

/** The command is for whoever signs in, or for a program with an API token. */
export function withSignIn(command: Command): Command {
  return withPersonSignIn(command)
    .addOption(
      new Option("--token-file <file>", "the file that holds an API token, in the place of user and password").env(
        "NEVERSTALE_TOKEN_FILE",
      ),
    )
    .hook("preAction", (_, asked) => chooseOneWayIn(asked));
}

/** The command is about accounts, so no API token will do. */
export function withPersonSignIn(command: Command): Command {
  return command
    .addOption(new Option("--url <address>", "the server").env("NEVERSTALE_URL").default("http://127.0.0.1:8080"))
    .addOption(new Option("--user <name>", "who signs in").env("NEVERSTALE_USER").default("admin"))
    .option(
      "--password-file <file>",
      "the file that holds the password; else NEVERSTALE_PASSWORD, else it is asked for",
    )
    .addOption(
      new Option("--ca-file <file>", "PEM of the authority to trust instead of the system's").env("NEVERSTALE_CA"),
    );
}

/** A flag goes before a variable of the environment. */
function chooseOneWayIn(command: Command): void {
  const isByPassword = ["passwordFile", "user"].some((flag) => command.getOptionValueSource(flag) === "cli");
  if (!isByPassword) return;
  if (command.getOptionValueSource("tokenFile") === "env") command.setOptionValue("tokenFile", undefined);
  else if (command.getOptionValue("tokenFile") !== undefined)
    throw new Failure("--token-file says who signs in, and so does another flag", {
      hint: "Leave out --user and --password-file, or --token-file.",
    });
}

export function dataDirOption(): Option {
  return new Option("--data-dir <directory>", "where the data is")
    .env("NEVERSTALE_DATA_DIR")
    .default("./data")
    .argParser(something);
}

export function portOption(): Option {
  return new Option("--port <number>", "where it listens; 0 means a free port, which is printed")
    .env("NEVERSTALE_PORT")
    .default(8080)
    .argParser(integerBetween(0, 65_535));
}

export function tagOption(description: string): Option {
  return new Option("--tag <tag>", description).argParser(severalValues);
}

export function integerBetween(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

export function durationBetween(min: number, max: number, range: string): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms !== null && ms >= min && ms <= max) return ms;
    throw new InvalidArgumentError(`Expected a duration from ${range}, such as 90s or 5m.`);
  };
}

/** Three durations come in one text, separated by commas. */
export function threeDurations(text: string): readonly [number, number, number] {
  const [first, second, third, ...more] = text.split(",").map((part) => parseDuration(part.trim()));
  if (typeof first === "number" && typeof second === "number" && typeof third === "number" && more.length === 0)
    return [first, second, third];
  throw new InvalidArgumentError("Expected three durations, such as 1h,1d,30d.");
}

/** An IPv6 address may also stand as in an address of the web: `[::1]`. */
export function listenAddress(text: string): string {
  return something(text)
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1");
}

/** From the environment several values come in one text, separated by commas. */
export function severalValues(text: string, before: readonly string[] | undefined): string[] {
  return [
    ...(before ?? []),
    ...text
      .split(",")
      .map((value) => value.trim())
      .filter((value) => value !== ""),
  ];
}

export function isOn(value: string | undefined): boolean {
  return value !== undefined && !/^(|0|false|no|off)$/i.test(value);
}

export function something(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("It is empty.");
}
