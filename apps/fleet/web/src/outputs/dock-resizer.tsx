/** The upper edge of the dock is dragged, or moved with the arrow keys. Its height is kept in this browser. */

import { type KeyboardEvent, type PointerEvent, useEffect, useState } from "react";
import { keepText, keptText } from "../state/io/browser-memory.ts";

export function DockResizer() {
  const [height, setHeight] = useState(stored);
  useEffect(() => {
    document.documentElement.style.setProperty("--dock-height", `${height}px`);
    keepText(KEY, String(height));
  }, [height]);

  const drag = (event: PointerEvent) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) setHeight(clamped(window.innerHeight - event.clientY));
  };
  const press = (event: KeyboardEvent) => {
    const pixels = event.key === "ArrowUp" ? KEY_PIXELS : event.key === "ArrowDown" ? -KEY_PIXELS : 0;
    if (pixels === 0) return;
    event.preventDefault();
    setHeight(clamped(height + pixels));
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a separator that can be moved has no element of its own.
    <div
      className="dock-resizer"
      role="separator"
      aria-orientation="horizontal"
      aria-label="Height of the output"
      aria-valuenow={height}
      aria-valuemin={SMALLEST}
      aria-valuemax={largest()}
      tabIndex={0}
      onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
      onPointerMove={drag}
      onKeyDown={press}
    />
  );
}

const KEY = "neverstale.dock-height";
const SMALLEST = 140;
const KEY_PIXELS = 40;

function largest(): number {
  return Math.max(SMALLEST, window.innerHeight - 180);
}

function clamped(height: number): number {
  return Math.round(Math.min(largest(), Math.max(SMALLEST, height)));
}

function stored(): number {
  const height = Number(keptText(KEY));
  return clamped(height > 0 ? height : window.innerHeight * 0.34);
}
