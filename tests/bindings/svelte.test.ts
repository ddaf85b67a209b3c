// @vitest-environment jsdom
import { describeBinding } from "./describe-binding.ts";
import { svelteBinding } from "./svelte/in-page.ts";

describeBinding("svelte", svelteBinding);
