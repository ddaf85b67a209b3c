/** The server renders the first paint by this: the same components, on a replica that follows nobody. */

import { createSSRApp } from "vue";
import { renderToString } from "vue/server-renderer";
import type { Render } from "../shared/first-paint.ts";
import App from "./App.vue";

export const render: Render = (first) => renderToString(createSSRApp(App, { first }));
