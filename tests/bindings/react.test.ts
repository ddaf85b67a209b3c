// @vitest-environment jsdom
import { describeBinding } from "./describe-binding.ts";
import { reactBinding } from "./react/in-page.ts";

describeBinding("react", reactBinding);
