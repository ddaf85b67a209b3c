import { CONTEXT, launchChromium } from "../chromium.ts";
import { describeAcross } from "./across-suite.ts";

describeAcross(async () => {
  const browser = await launchChromium();
  return {
    newPage: async (address, cookie) => {
      const context = await browser.newContext(CONTEXT);
      const [name = "", value = ""] = cookie.split("=");
      await context.addCookies([{ name, value, url: address }]);
      return await context.newPage();
    },
    close: () => browser.close(),
  };
});
