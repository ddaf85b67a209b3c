export type { MemoryData } from "@neverstale/server";
export type { Asker } from "./server-process.ts";
export { type RestartOptions, TestBed, type TestBedOptions } from "./test-bed.ts";
export type { TestClient, TestClientOptions } from "./test-client.ts";
export type { TestNetwork } from "./test-network.ts";
