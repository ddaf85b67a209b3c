// How long this machine has been up, and its load.
import { availableParallelism, hostname, loadavg, uptime } from "node:os";

const seconds = Math.floor(uptime());
const days = Math.floor(seconds / 86_400);
const clock = [Math.floor(seconds / 3_600) % 24, Math.floor(seconds / 60) % 60].map((part) =>
  String(part).padStart(2, "0"),
);
const load = loadavg().map((value) => value.toFixed(2));

console.log(
  `${hostname()} up ${days} days ${clock.join(":")}, load ${load.join(" ")} on ${availableParallelism()} processors`,
);
