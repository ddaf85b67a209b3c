import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";

const [, , room = ""] = location.pathname.split("/");
const root = document.body.appendChild(document.createElement("div"));

createRoot(root).render(
  <StrictMode>
    <App room={room} user={document.body.dataset.user ?? ""} />
  </StrictMode>,
);
