import { readFileSync } from "node:fs";
import { join } from "node:path";
import { validate } from "dockerfile-utils";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { ROOT } from "../../scripts/run.ts";
import { instructionsOf } from "./dockerfile-suite.ts";

const read = (path: string) => readFileSync(join(ROOT, "deploy/container", path), "utf8");

test("the Dockerfile is one that a linter finds nothing wrong with", () => {
  expect(validate(read("Dockerfile")).map(({ message, range }) => `line ${range.start.line + 1}: ${message}`)).toEqual(
    [],
  );
});

test("the linter does find what is wrong", () => {
  expect(validate("FROM node:24\nCOPI . .\nEXPOSE x")).not.toEqual([]);
});

test("the server of the image is no root, has a health check, and keeps its data in a volume", () => {
  const { all, last } = instructionsOf(read("Dockerfile"));

  expect(last("USER")).toBe("node");
  expect(last("VOLUME")).toBe('["/data"]');
  expect(last("HEALTHCHECK")).toContain("/healthz");
  expect(last("CMD")).toBe('["node", "node_modules/neverstale/bin/neverstale.mjs", "serve"]');
  expect(all.filter(({ name }) => name === "ADD")).toEqual([]);
  const images = all.filter(({ name }) => name === "FROM").map(({ words }) => words.split(" ")[0]);
  for (const image of images) expect(image).toMatch(/^[\w./-]+:(?!latest$)[\w.-]+$/);
  const variables = all.filter(({ name }) => name === "ENV").map(({ words }) => words);
  expect(variables).toContain("NEVERSTALE_DATA_DIR=/data");
  // Whoever runs the image says so, where nobody but a proxy can reach it.
  expect(variables.join(" ")).not.toContain("INSECURE");
});

const Service = z.looseObject({
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal("ALL")]),
  security_opt: z.tuple([z.literal("no-new-privileges:true")]),
  networks: z.tuple([z.literal("inside")]),
  volumes: z.array(z.string()),
  ports: z.array(z.string()).optional(),
  privileged: z.undefined().optional(),
  environment: z.record(z.string(), z.string()),
});
const Compose = z.object({
  services: z.object({ fleet: Service, caddy: Service }),
  networks: z.object({ inside: z.object({ ipam: z.object({ config: z.array(z.object({ subnet: z.string() })) }) }) }),
  volumes: z.record(z.string(), z.null()),
});

test("the compose file publishes the proxy alone, gives nobody a privilege, and lets nothing be written but volumes", () => {
  const { services, networks, volumes } = Compose.parse(parse(read("compose.yaml")));

  expect(services.fleet.ports).toBeUndefined();
  expect(services.caddy.ports).toEqual(["80:80", "443:443"]);
  expect(services.fleet).toMatchObject({ tmpfs: ["/tmp"], volumes: ["data:/data"], init: true });
  expect(services.caddy).toMatchObject({ depends_on: { fleet: { condition: "service_healthy" } } });
  expect(services.fleet.environment).toMatchObject({
    NEVERSTALE_INSECURE_HTTP: "1",
    NEVERSTALE_TRUSTED_PROXIES: networks.inside.ipam.config[0]?.subnet,
  });
  const named = [...services.fleet.volumes, ...services.caddy.volumes].map((volume) => volume.split(":")[0] ?? "");
  expect(named.filter((name) => !name.startsWith("./"))).toEqual(Object.keys(volumes));
});
