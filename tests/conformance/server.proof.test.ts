import { describeServer } from "./server-suite.ts";

describeServer("memory");
