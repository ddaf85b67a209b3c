import { showBoard } from "./page.ts";

showBoard(document.body, { url: "/sync" });
