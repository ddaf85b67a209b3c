/** The page takes over what the server has rendered. */

import { StrictMode } from "react";
import { hydrateRoot } from "react-dom/client";
import type { FirstPaint } from "../shared/first-paint.ts";
import { App } from "./app.tsx";

const first: FirstPaint = JSON.parse(found("first").textContent ?? "");

hydrateRoot(
  found("page"),
  <StrictMode>
    <App first={first} />
  </StrictMode>,
);

function found(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`index.html has no element #${id}`);
  return element;
}
