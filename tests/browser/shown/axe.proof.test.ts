import { describeAccessible } from "./axe-suite.ts";

describeAccessible([
  { theme: "light", width: 390, height: 844 },
  { theme: "dark", width: 1440, height: 900 },
  { theme: "dark", width: 390, height: 844 },
  { theme: "light", width: 1440, height: 900 },
]);
