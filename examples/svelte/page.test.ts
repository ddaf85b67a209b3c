// @vitest-environment jsdom
import { mount, unmount } from "svelte";
import { describePage } from "../page-suite.ts";
import Page from "./Page.svelte";

const files = ["svelte/hosts.ts", "svelte/HostLine.svelte", "svelte/HostList.svelte", "svelte/Page.svelte"];

describePage("svelte", files, (root, sync) => {
  const page = mount(Page, { target: root, props: { sync } });
  return () => unmount(page);
});
