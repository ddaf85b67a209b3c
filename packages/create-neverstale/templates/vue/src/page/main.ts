/** The page takes over what the server has rendered. */

import { createSSRApp } from "vue";
import type { FirstPaint } from "../shared/first-paint.ts";
import App from "./App.vue";

const first: FirstPaint = JSON.parse(found("first").textContent ?? "");

createSSRApp(App, { first }).mount(found("page"));

function found(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`index.html has no element #${id}`);
  return element;
}
