// JavaScript that an old Node can read: TypeScript sources would fail there before any message of ours.
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < 22 || (major === 22 && minor < 18) || (major === 23 && minor < 6)) {
  console.error(`This is Node ${process.versions.node}, and the sources need Node 22.18 or newer to run directly.
The workspace brings its own for Linux (x64, arm64) and Windows (x64): run \`npm install\` without \`--omit=optional\`,
and start through npm (\`npm start\`, \`npm test\`), which puts node_modules/.bin first on the PATH.
Elsewhere, such as on macOS, install Node 24.`);
  process.exit(1);
}
