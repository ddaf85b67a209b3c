import { describeServer } from "./server-suite.ts";

// `npm run proofs` plays them with the store in memory, too.
describeServer("sqlite");
