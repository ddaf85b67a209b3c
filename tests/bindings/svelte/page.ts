/** This is bundled for the page in which Chromium plays the behaviours with Svelte. */

import { runBehaviour } from "../behaviours.ts";
import { stageOfPage } from "../page-stage.ts";
import { svelteBinding } from "./in-page.ts";

window.play = (title) => runBehaviour(title, svelteBinding, stageOfPage());
