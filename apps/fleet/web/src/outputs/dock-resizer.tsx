import { type KeyboardEvent, type PointerEvent, useEffect, useState } from "react";

const KEY = "neverstale.dock-height";
const SMALLEST = 140;
const STEP = 40;

function largest(): number {
  return Math.max(SMALLEST, window.innerHeight - 180);
}

function clamped(height: number): number {
  return Math.round(Math.min(largest(), Math.max(SMALLEST, height)));
}

function stored(): number {
  const height = Number(localStorage.getItem(KEY));
  return clamped(height > 0 ? height : window.innerHeight * 0.34);
}

/** The upper edge of the dock: dragged, or moved with the arrow keys. The height is kept in this browser. */
export function DockResizer() {
  const [height, setHeight] = useState(stored);
  useEffect(() => {
    document.documentElement.style.setProperty("--dock-height", `${height}px`);
    localStorage.setItem(KEY, String(height));
  }, [height]);

  const drag = (event: PointerEvent) => {
    if (event.currentTarget.hasPointerCapture(event.pointerId)) setHeight(clamped(window.innerHeight - event.clientY));
  };
  const press = (event: KeyboardEvent) => {
    const step = event.key === "ArrowUp" ? STEP : event.key === "ArrowDown" ? -STEP : 0;
    if (step === 0) return;
    event.preventDefault();
    setHeight(clamped(height + step));
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
