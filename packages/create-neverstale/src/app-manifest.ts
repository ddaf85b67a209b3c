/** The manifest of a new app is that of its template, with a name of its own. */

/** All packages of a release have one version, which is that of the program that makes the app. */
export function appManifest(template: string, { folder, version }: { folder: string; version: string }): string {
  const manifest: TemplateManifest = JSON.parse(template);
  const own = Object.entries(manifest.dependencies).map(([name, range]) => [
    name,
    name.startsWith("@neverstale/") ? `^${version}` : range,
  ]);
  const app = { ...manifest, name: packageName(folder), dependencies: Object.fromEntries(own) };
  return `${JSON.stringify(app, null, 2)}\n`;
}

interface TemplateManifest {
  readonly dependencies: Readonly<Record<string, string>>;
}

/** It returns a name that npm takes, made from that of the folder. */
export function packageName(folder: string): string {
  const name = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replaceAll(/^[._-]+|[-]+$/g, "")
    .slice(0, 200);
  return name === "" ? "neverstale-app" : name;
}
