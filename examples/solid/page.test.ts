// @vitest-environment jsdom
import { describePage } from "../page-suite.ts";
import { showPage } from "./page.tsx";

describePage("solid", ["solid/page.tsx"], showPage);
