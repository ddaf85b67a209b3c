import { percent } from "../state/format.ts";

const WARN_AT = 80;
const BAD_AT = 92;

/** How near to its end a percentage is. */
export function levelOf(value: number | undefined): "none" | "calm" | "warn" | "bad" {
  if (value === undefined) return "none";
  return value >= BAD_AT ? "bad" : value >= WARN_AT ? "warn" : "calm";
}

/** A percentage as a number and a bar. Above 80 it warns, above 92 it alarms, in the number's weight as well as in colour. */
export function Meter({ label, value }: { readonly label: string; readonly value: number | undefined }) {
  return (
    <span className={`meter meter-${levelOf(value)}`}>
      <span className="meter-number value">{percent(value)}</span>
      <svg className="meter-bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true" focusable="false">
        <rect className="meter-track" width="100" height="4" />
        <rect className="meter-fill" width={value ?? 0} height="4" />
      </svg>
      <span className="visually-hidden">{label}</span>
    </span>
  );
}
