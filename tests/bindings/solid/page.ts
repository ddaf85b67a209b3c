/** This is bundled for the page in which Chromium plays the behaviours with Solid. */

import { runBehaviour } from "../behaviours.ts";
import { stageOfPage } from "../page-stage.ts";
import { solidBinding } from "./in-page.ts";

window.play = (title) => runBehaviour(title, solidBinding, stageOfPage());
