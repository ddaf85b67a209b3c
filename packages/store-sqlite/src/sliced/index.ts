export { STORE_SETTINGS, type StoreSettings } from "./settings.ts";
export { SlicedStore, type SlicedStoreOptions } from "./sliced-store.ts";
export { StoreSteps } from "./steps/store-steps.ts";
export type { OpenData, StoreMachine } from "./store-machine.ts";
export type * from "./tables.ts";
export { runStep, type WriterThread } from "./writer-thread.ts";
