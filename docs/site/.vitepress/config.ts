/** The documentation site: `npm run site` builds it into `.cache/site`, and `npm run site -- dev` shows it while it is written. */

import { defineConfig } from "vitepress";
import { leaveOutsideLinks } from "./outside-links.ts";

export default defineConfig({
  title: "Neverstale",
  description: "State sync for TypeScript: every page shows what is true, or says that it does not know.",
  outDir: "../../.cache/site",
  cacheDir: "../../.cache/vitepress",
  cleanUrls: true,
  lastUpdated: false,
  head: [["link", { rel: "icon", href: "data:," }]],
  markdown: { config: leaveOutsideLinks },
  themeConfig: {
    search: { provider: "local" },
    outline: [2, 3],
    nav: [
      { text: "Start", link: "/start" },
      { text: "Guides", link: "/guides/model" },
      { text: "Reference", link: "/reference/" },
      { text: "FAQ", link: "/faq" },
    ],
    sidebar: [
      {
        text: "Begin",
        items: [
          { text: "What it is", link: "/" },
          { text: "Quick start", link: "/start" },
          { text: "How it works", link: "/how-it-works" },
          { text: "Comparison", link: "/comparison" },
          { text: "FAQ", link: "/faq" },
        ],
      },
      {
        text: "Guides",
        items: [
          { text: "Model your state", link: "/guides/model" },
          { text: "Mutations and optimism", link: "/guides/mutations" },
          { text: "Your own routes", link: "/guides/own-routes" },
          { text: "Looking back", link: "/guides/moments" },
          { text: "Rooms and rights", link: "/guides/rooms" },
          { text: "Views", link: "/guides/views" },
          { text: "Offline and first paint", link: "/guides/offline" },
          { text: "One connection, and a kept board", link: "/guides/tabs" },
          { text: "Schema changes and upgrades", link: "/guides/upgrades" },
          { text: "Testing", link: "/guides/testing" },
          { text: "Operations", link: "/guides/operations" },
          { text: "Logs, traces and metrics", link: "/guides/observe" },
          { text: "The fleet from a terminal", link: "/guides/terminal" },
          { text: "Many nodes", link: "/guides/nodes" },
          { text: "Behind a proxy", link: "/guides/proxies" },
          { text: "Moving from Socket.IO", link: "/guides/from-socket-io" },
          { text: "Moving from polling", link: "/guides/from-polling" },
          { text: "What you may touch", link: "/guides/boundaries" },
        ],
      },
      {
        text: "Recipes",
        items: [
          { text: "Signing in", link: "/recipes/auth" },
          { text: "React", link: "/recipes/react" },
          { text: "Vue", link: "/recipes/vue" },
          { text: "Svelte", link: "/recipes/svelte" },
          { text: "Solid", link: "/recipes/solid" },
          { text: "Without a framework", link: "/recipes/plain" },
        ],
      },
      {
        text: "Reference",
        items: [
          { text: "All packages", link: "/reference/" },
          { text: "protocol", link: "/reference/protocol" },
          { text: "server", link: "/reference/server" },
          { text: "client", link: "/reference/client" },
          { text: "react", link: "/reference/react" },
          { text: "vue", link: "/reference/vue" },
          { text: "svelte", link: "/reference/svelte" },
          { text: "solid", link: "/reference/solid" },
          { text: "store-sqlite", link: "/reference/store-sqlite" },
          { text: "store-postgres", link: "/reference/store-postgres" },
          { text: "testing", link: "/reference/testing" },
          { text: "The protocol (SPEC)", link: "/reference/spec" },
        ],
      },
    ],
  },
});
