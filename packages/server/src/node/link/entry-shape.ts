/** The shape of an entry is looked at when it comes over a link: what another node sent is not trusted to be one. */

import type { ChainEntry, ChainHead, ChainSpace } from "../../store/contract.ts";

export function isEntry(value: unknown): value is ChainEntry {
  if (!isRecordOfUnknown(value) || !isPlace(value)) return false;
  const { termBefore, at, ageAt } = value as Partial<Record<keyof ChainEntry, unknown>>;
  if (!isTextOrNull(termBefore) || !Number.isFinite(at) || !Number.isFinite(ageAt)) return false;
  const { type, address, model, spaces } = value as Record<string, unknown>;
  if (type === "takeover") return isTextOrNull(address) && Number.isSafeInteger(model);
  return type === "group" && Array.isArray(spaces) && spaces.every(isSpace);
}

export function isPlace(value: unknown): value is ChainHead {
  return isRecordOfUnknown(value) && Number.isSafeInteger(value.sequence) && typeof value.term === "string";
}

export function isRecordOfUnknown(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isSpace(value: unknown): value is ChainSpace {
  if (!isRecordOfUnknown(value)) return false;
  const { name, creationId, removed, archived, lineage, firstVersion, lastVersion, changes } = value;
  return (
    typeof name === "string" &&
    isTextOrNull(creationId) &&
    typeof removed === "boolean" &&
    typeof archived === "boolean" &&
    (lineage === null || isLineage(lineage)) &&
    Number.isSafeInteger(firstVersion) &&
    Number.isSafeInteger(lastVersion) &&
    isTextOrNull(changes)
  );
}

function isLineage(value: unknown): boolean {
  return isRecordOfUnknown(value) && typeof value.epoch === "string" && Number.isSafeInteger(value.firstVersion);
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === "string";
}
