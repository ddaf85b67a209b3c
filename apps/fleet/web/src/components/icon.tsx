/** The page has a few icons, drawn with the text's colour. Each stands beside a word or inside a labelled button. */

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 20 20" width="16" height="16" aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.7"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

export type IconName =
  | "overview"
  | "hosts"
  | "runs"
  | "pipelines"
  | "alerts"
  | "events"
  | "people"
  | "settings"
  | "close"
  | "down"
  | "up"
  | "key"
  | "signout"
  | "bottom"
  | "external"
  | "pause"
  | "resume"
  | "past"
  | "back"
  | "on"
  | "find";

const PATHS: Record<IconName, string> = {
  overview: "M3 10.5 10 4l7 6.5M5 9v7h10V9M8.5 16v-4h3v4",
  hosts: "M3 4h14v4.5H3zM3 11.5h14V16H3zM6 6.2h.01M6 13.8h.01",
  runs: "M5 4.5v11l10-5.5z",
  pipelines: "M3 5h4v4H3zM13 11h4v4h-4zM7 7h4a2 2 0 0 1 2 2v2",
  alerts: "M10 3.5 17 16H3zM10 8.5v3.5M10 14h.01",
  events: "M4 5h12M4 10h12M4 15h7",
  people: "M10 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM4 16.5c.5-3 2.5-4.5 6-4.5s5.5 1.5 6 4.5",
  settings: "M3 6h6m4 0h4M3 14h2m4 0h8M11 4v4M7 12v4",
  close: "m5.5 5.5 9 9m0-9-9 9",
  down: "m5 8 5 5 5-5",
  up: "m5 12 5-5 5 5",
  key: "M9.5 10.5a3.5 3.5 0 1 1-2-2L16 3.5v3h-2.5V9H11z",
  signout: "M8 4H4v12h4M12 6.5 15.5 10 12 13.5M7.5 10h8",
  bottom: "M10 4v9m-4-3.5 4 4 4-4M5 16.5h10",
  pause: "M7 5v10M13 5v10",
  resume: "M6.5 5v10l8-5z",
  past: "M4.2 6.5A7 7 0 1 1 3 10M3.5 3v4h4M10 6.5V10l2.5 2",
  back: "m12 5-5 5 5 5",
  on: "m8 5 5 5-5 5",
  find: "M9 14.5a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11zM13 13l4 4",
  external: "M8 5H4v11h11v-4M11 4h5v5M16 4l-7 7",
};
