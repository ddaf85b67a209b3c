/** A JSON Schema is written as people write types, with its limits behind each line. */

import type { z } from "zod";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** The text has several lines where the schema has fields. */
export function schemaText(schema: JsonSchema): string {
  return textOf(schema, "");
}

function textOf(schema: JsonSchema, indent: string): string {
  const several = schema.anyOf ?? schema.oneOf;
  if (several !== undefined) return several.map((each) => textOf(each as JsonSchema, indent)).join(" | ");
  if (schema.allOf !== undefined) return schema.allOf.map((each) => textOf(each as JsonSchema, indent)).join(" & ");
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((each) => JSON.stringify(each)).join(" | ");
  if (schema.$ref !== undefined) return schema.$ref.split("/").at(-1) ?? "the same";
  if (schema.type === "array") return arrayText(schema, indent);
  if (schema.type === "object") return objectText(schema, indent);
  return [schema.type ?? "anything"].flat().join(" | ");
}

function arrayText({ items }: JsonSchema, indent: string): string {
  if (items === undefined || typeof items === "boolean" || Array.isArray(items)) return "anything[]";
  const text = textOf(items as JsonSchema, indent);
  return !text.startsWith("{") && text.includes(" | ") ? `(${text})[]` : `${text}[]`;
}

function objectText({ properties = {}, required = [], additionalProperties }: JsonSchema, indent: string): string {
  const inner = `${indent}  `;
  const lines = Object.entries(properties).map(([name, property]) => {
    const schema = property as JsonSchema;
    const mark = required.includes(name) ? "" : "?";
    return `${inner}${name}${mark}: ${textOf(schema, inner)}${limitsText(schema)}`;
  });
  if (typeof additionalProperties === "object")
    lines.push(`${inner}[name]: ${textOf(additionalProperties as JsonSchema, inner)}`);
  return lines.length === 0 ? "{}" : `{\n${lines.join("\n")}\n${indent}}`;
}

/** No pattern is shown: it would be longer than all the rest, and a refusal names the field. */
function limitsText(schema: JsonSchema): string {
  const length = rangeText(schema.minLength, schema.maxLength, " characters");
  const count = rangeText(schema.minItems, schema.maxItems, " items");
  const value = rangeText(schema.minimum, schema.maximum, "");
  const rest = schema.default === undefined ? "" : `default ${JSON.stringify(schema.default)}`;
  const all = [schema.format ?? "", length, count, value, rest].filter((each) => each !== "");
  return all.length === 0 ? "" : `   // ${all.join(", ")}`;
}

/** Whole numbers are bounded by what a double holds, which says nothing. */
function rangeText(least: number | undefined, most: number | undefined, unit: string): string {
  const from = least === undefined || least <= Number.MIN_SAFE_INTEGER ? null : least;
  const to = most === undefined || most >= Number.MAX_SAFE_INTEGER ? null : most;
  if (from === null && to === null) return "";
  if (from === null) return `up to ${to}${unit}`;
  return to === null ? `from ${from}${unit}` : `${from} to ${to}${unit}`;
}
