// @vitest-environment jsdom
import { describePage } from "../page-suite.ts";
import { showPage } from "./show-page.ts";

const files = ["vue/hosts.ts", "vue/HostLine.vue", "vue/Page.vue", "vue/show-page.ts"];

describePage("vue", files, (root, sync) => {
  const app = showPage(root, sync);
  return () => app.unmount();
});
