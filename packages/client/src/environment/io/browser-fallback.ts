/** The fallback of a page is a module of its own, so that a page loads it when it may need it. */

import { fallbackOver } from "../../transport/fallback-transport.ts";
import { openHttpWith } from "./http-answers.ts";

export const browserFallback = fallbackOver(openHttpWith((input, init) => fetch(input, init)));
