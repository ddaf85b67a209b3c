// Memory in use. On Linux from /proc/meminfo, elsewhere from what Node.js says.
import { readFileSync } from "node:fs";
import { freemem, totalmem } from "node:os";

const mebibytes = (bytes) => `${(bytes / 1024 ** 2).toFixed(0).padStart(8)} MiB`;
/** What the machine doesn't say is left out. */
const show = (name, bytes) => {
  if (Number.isFinite(bytes)) console.log(`${name.padEnd(12)}${mebibytes(bytes)}`);
};

if (process.platform === "linux") {
  const figures = Object.fromEntries(
    [...readFileSync("/proc/meminfo", "utf8").matchAll(/^(\w+):\s+(\d+) kB$/gm)].map(([, name, kib]) => [
      name,
      Number(kib) * 1024,
    ]),
  );
  const available = figures.MemAvailable ?? figures.MemFree + (figures.Buffers ?? 0) + (figures.Cached ?? 0);
  show("total", figures.MemTotal);
  show("used", figures.MemTotal - available);
  show("available", available);
  show("cached", figures.Cached + figures.Buffers);
  show("swap total", figures.SwapTotal);
  show("swap used", figures.SwapTotal - figures.SwapFree);
} else {
  show("total", totalmem());
  show("used", totalmem() - freemem());
  show("free", freemem());
}
