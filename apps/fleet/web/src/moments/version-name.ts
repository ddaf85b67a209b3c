/** A version stands in the address with its epoch, so that a link never shows a version of another history. */

export interface VersionName {
  readonly version: number;
  /** Without it any history will do. */
  readonly epoch: string | null;
}

/** It gives `1234.the-epoch`. */
export function formatVersion({ version, epoch }: VersionName): string {
  return epoch === null ? String(version) : `${version}.${epoch}`;
}

/** It returns null for what is none. */
export function parseVersion(text: string): VersionName | null {
  const found = /^(\d{1,15})(?:\.(.{1,100}))?$/.exec(text);
  if (found === null) return null;
  return { version: Number(found[1]), epoch: found[2] ?? null };
}
