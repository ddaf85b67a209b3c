// @vitest-environment jsdom

import { showPage } from "./page.tsx";
import { describePage } from "./page-suite.ts";

describePage("react", ["page.tsx"], (root, sync) => {
  const page = showPage(root, sync);
  return () => page.unmount();
});
