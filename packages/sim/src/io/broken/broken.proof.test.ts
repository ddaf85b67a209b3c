import { describeCaught } from "./broken-suite.ts";
import { BROKEN_BUILDS } from "./builds.ts";
import { regressionNames } from "./prove.ts";

describeCaught(BROKEN_BUILDS, regressionNames());
