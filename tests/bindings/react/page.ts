/** This is bundled for the page in which Chromium plays the behaviours with React. */

import { runBehaviour } from "../behaviours.ts";
import { stageOfPage } from "../page-stage.ts";
import { reactBinding } from "./in-page.ts";

window.play = (title) => runBehaviour(title, reactBinding, stageOfPage());
