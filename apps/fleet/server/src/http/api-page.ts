/** The description of the API is a page, too. It needs no script, and nothing from elsewhere (C28). */

import type { Content, OpenApi, Parameter, RouteDescription } from "./openapi.ts";
import { schemaText } from "./schema-text.ts";

/** `basePath` is what stands before each path in the addresses of browsers. */
export function apiPage(api: OpenApi, basePath: string): string {
  const groups = groupsOf(api);
  const contents = [...groups.keys()].map((name) => `<a href="#${idOf(name)}">${escaped(name)}</a>`);
  const sections = [...groups].map(([name, entries]) => sectionText(name, entries));
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API of ${escaped(api.info.title)}</title>
<link rel="stylesheet" href="${escaped(basePath)}/api/style.css">
<header>
<h1>API of ${escaped(api.info.title)} <small>${escaped(api.info.version)}</small></h1>
<p>${escaped(api.info.description)}</p>
<p>The same as a document: <a href="${escaped(basePath)}/api/openapi.json">openapi.json</a> (OpenAPI ${escaped(api.openapi)}).</p>
<nav aria-label="Groups">${contents.join(" ")}</nav>
</header>
<main>
${sections.join("\n")}
</main>
</html>
`;
}

interface Entry {
  readonly method: string;
  readonly path: string;
  readonly operation: RouteDescription;
}

function groupsOf({ paths }: OpenApi): ReadonlyMap<string, readonly Entry[]> {
  const entries = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  return Map.groupBy(entries, ({ operation }) => operation.tags[0] ?? "");
}

function sectionText(name: string, entries: readonly Entry[]): string {
  const items = entries.map(operationText);
  return `<section aria-labelledby="${idOf(name)}">\n<h2 id="${idOf(name)}">${escaped(name)}</h2>\n${items.join("\n")}\n</section>`;
}

function operationText({ method, path, operation }: Entry): string {
  const { operationId, summary, parameters, requestBody, responses } = operation;
  const parts = [
    `<p class="who">${escaped(whoMay(operation))}</p>`,
    parameters.length === 0 ? "" : `<h4>Parameters</h4><pre>${escaped(parameters.map(parameterText).join("\n"))}</pre>`,
    requestBody === undefined ? "" : contentText("Body", requestBody.content),
    ...Object.entries(responses).map(([status, { content }]) =>
      status === "default" ? "" : contentText(`Answer ${status}`, content),
    ),
  ];
  return `<details id="${escaped(operationId)}">
<summary><b class="${method.toLowerCase()}">${method}</b> <code>${escaped(path)}</code> <span>${escaped(summary)}</span></summary>
${parts.filter((part) => part !== "").join("\n")}
</details>`;
}

function whoMay({ security, "x-role": role }: RouteDescription): string {
  const names = security.map((way) =>
    Object.keys(way)
      .map((scheme) => WAYS[scheme] ?? scheme)
      .join(" and "),
  );
  if (names.length === 0) return "Anybody may ask.";
  const ways = `It is asked for with ${names.join(", or with ")}.`;
  return role === undefined ? ways : `${ways} The role is ${role} or a higher one.`;
}

const WAYS: Readonly<Record<string, string>> = {
  session: "a session",
  csrf: "its CSRF token",
  apiToken: "an API token",
  agent: "a host's credential",
};

function parameterText({ name, in: place, required, schema }: Parameter): string {
  return `${name}${required ? "" : "?"}: ${schemaText(schema)}   // in the ${place}`;
}

function contentText(title: string, content: Content | undefined): string {
  const schema = content?.["application/json"]?.schema;
  if (schema === undefined) return `<h4>${escaped(title)}</h4>`;
  return `<h4>${escaped(title)}</h4><pre>${escaped(schemaText(schema))}</pre>`;
}

function idOf(name: string): string {
  return `group-${name.replaceAll(/\W+/g, "-")}`;
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

export const API_STYLE = `:root { color-scheme: light dark; --line: #8886; --soft: #8882; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: 0 auto; padding: 1rem; }
h1 small { font-weight: normal; opacity: .7; }
h2 { margin: 2rem 0 .5rem; }
h2::first-letter { text-transform: uppercase; }
h4 { margin: .75rem 0 .25rem; }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem; }
details { border: 1px solid var(--line); border-radius: .4rem; margin: .35rem 0; padding: 0 .75rem; }
details[open] { padding-bottom: .75rem; }
summary { cursor: pointer; padding: .4rem 0; }
summary b { display: inline-block; min-width: 4.5em; font: 600 .85rem ui-monospace, monospace; }
summary code { font-weight: 600; overflow-wrap: anywhere; }
summary span { opacity: .8; }
.get { color: light-dark(#0b6b3a, #6fd39c); }
.post { color: light-dark(#1d4fb8, #8fb4ff); }
.patch { color: light-dark(#8a5a00, #f0bf63); }
.delete { color: light-dark(#b3261e, #ff9a92); }
pre { background: var(--soft); border-radius: .3rem; margin: 0; padding: .6rem; white-space: pre-wrap; font: .85rem/1.45 ui-monospace, monospace; }
`;
