/** A meter shows a percentage as a number and a bar. */

import { percentage } from "../state/format.ts";

/** Above 80 it warns, above 92 it alarms, in the number's weight as well as in colour. */
export function Meter({ label, value }: { readonly label: string; readonly value: number | undefined }) {
  return (
    <span className={`meter meter-${meterLevel(value)}`}>
      <span className="meter-number value">{percentage(value)}</span>
      <svg className="meter-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <rect className="meter-track" width="100" height="4" />
        <rect className="meter-fill" width={value ?? 0} height="4" />
      </svg>
      <span className="visually-hidden">{label}</span>
    </span>
  );
}

const WARN_AT = 80;
const BAD_AT = 92;

/** It says how near to its end a percentage is. */
export function meterLevel(value: number | undefined): "none" | "calm" | "warn" | "bad" {
  if (value === undefined) return "none";
  return value >= BAD_AT ? "bad" : value >= WARN_AT ? "warn" : "calm";
}
