// @vitest-environment jsdom
import { describeBinding } from "./describe-binding.ts";
import { vueBinding } from "./vue/in-page.ts";

describeBinding("vue", vueBinding);
