export { type FileLock, type LockHeld, lockFile } from "./file-lock.ts";
export { packageVersion } from "./package-version.ts";
