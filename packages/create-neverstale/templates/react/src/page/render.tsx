/** The server renders the first paint by this: the same components, on a replica that follows nobody. */

import { StrictMode } from "react";
import { renderToString } from "react-dom/server";
import type { Render } from "../shared/first-paint.ts";
import { App } from "./app.tsx";

export const render: Render = async (first) =>
  renderToString(
    <StrictMode>
      <App first={first} />
    </StrictMode>,
  );
