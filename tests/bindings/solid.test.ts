// @vitest-environment jsdom
import { describeBinding } from "./describe-binding.ts";
import { solidBinding } from "./solid/in-page.ts";

describeBinding("solid", solidBinding);
