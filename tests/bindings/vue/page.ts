/** This is bundled for the page in which Chromium plays the behaviours with Vue. */

import { runBehaviour } from "../behaviours.ts";
import { stageOfPage } from "../page-stage.ts";
import { vueBinding } from "./in-page.ts";

window.play = (title) => runBehaviour(title, vueBinding, stageOfPage());
