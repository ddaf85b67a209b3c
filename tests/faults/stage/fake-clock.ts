/** A fake clock is the wall clock of a process that is started with it. It is set while the process runs, and its monotonic clock stays. */

import { globSync, utimesSync, writeFileSync } from "node:fs";
import { CannotRun } from "./fault.ts";

export class FakeClock {
  readonly #file: string;
  readonly #library: string;

  /** The file says what time it is. */
  constructor(file: string, hours = 0) {
    const library = globSync("/usr/lib/*/faketime/libfaketime.so.1")[0];
    if (library === undefined) throw new CannotRun("libfaketime isn't there", "apt-get install faketime");
    this.#file = file;
    this.#library = library;
    this.set(hours);
  }

  /** A process with these variables has this clock. */
  get env(): NodeJS.ProcessEnv {
    return {
      LD_PRELOAD: this.#library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }

  /** It is so many hours from the true time. */
  set(hours: number): void {
    writeFileSync(this.#file, `${hours < 0 ? "-" : "+"}${Math.abs(hours)}h\n`);
    // The library looks at the file's own time, too.
    utimesSync(this.#file, new Date(), new Date());
  }
}
