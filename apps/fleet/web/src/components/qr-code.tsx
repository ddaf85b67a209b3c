/** A QR code is drawn here on the page itself, so that what it says goes nowhere else. */

import { useMemo } from "react";
import { encode } from "uqr";

/** `label` says to those who can't see it what it is for. It is dark on light in each colour scheme, since some readers want that. */
export function QrCode({ text, label }: { readonly text: string; readonly label: string }) {
  const { size, path } = useMemo(() => drawn(text), [text]);
  return (
    <svg className="qr-code" role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`} shapeRendering="crispEdges">
      <rect className="qr-light" width={size} height={size} />
      <path className="qr-dark" d={path} />
    </svg>
  );
}

/** Readers need a margin of four modules. */
const MARGIN = 4;

function drawn(text: string): { readonly size: number; readonly path: string } {
  const { size, data } = encode(text, { ecc: "M", border: MARGIN });
  const modules = data.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")));
  return { size, path: modules.join("") };
}
