/** The replica is made once, outside of the components, and handed down: `showPage(root, new StateSync({ url: "/sync" }))`. */

import type { StateSync } from "@neverstale/client";
import { type App, createApp, h } from "vue";
import { type Hosts, provideSync } from "./hosts.ts";
import Page from "./Page.vue";

export function showPage(root: HTMLElement, sync: StateSync<Hosts>): App {
  const app = createApp({
    setup() {
      provideSync(sync);
      return () => h(Page);
    },
  });
  app.mount(root);
  return app;
}
