/** The rights say which view each client of the run is granted, and which ids views have been given. */

import { VIEW_NAMES, type ViewName } from "../../plan/views/views.ts";
import type { Report } from "../history.ts";

export class Rights {
  readonly #granted = new Map<string, ViewName>();
  readonly #names = new Map<string, ViewName>();
  readonly #report: Report;

  constructor(report: Report) {
    this.#report = report;
  }

  /** Whoever has heard of no more than this goes by it. */
  copy(): Rights {
    const copy = new Rights(this.#report);
    for (const [client, view] of this.#granted) copy.grant(client, view);
    return copy;
  }

  grant(client: string, view: ViewName): void {
    this.#granted.set(client, view);
  }

  of(client: string): ViewName {
    return this.#granted.get(client) ?? VIEW_NAMES[0];
  }

  /** By rule V14 no two views have one id. */
  note(id: string, view: ViewName): void {
    const known = this.#names.get(id);
    if (known !== undefined && known !== view) this.#report("V14", `the views ${known} and ${view} have one id`);
    this.#names.set(id, view);
  }

  /** It returns the view that a replica's position is of. Without an id everything is shown. */
  named(id: string | undefined): ViewName {
    return id === undefined ? "everything" : (this.#names.get(id) ?? "nobody");
  }
}
