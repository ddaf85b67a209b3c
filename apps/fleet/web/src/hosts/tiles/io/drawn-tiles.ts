/** The tiles are drawn on a canvas as large as what is in sight. Only those are drawn again that look otherwise than before. */

import type { Shape, Tone } from "../../../components/mark.tsx";
import { TILE_SIZE, TILE_STEP, type TileView, tilePlace, tilesInSight } from "../tile-places.ts";

export interface DrawnTile {
  readonly shape: Shape;
  readonly tone: Tone;
  readonly chosen: boolean;
  /** The pointer or the keyboard is at it. */
  readonly active: boolean;
}

export class DrawnTiles {
  readonly #canvas: HTMLCanvasElement;
  readonly #context: CanvasRenderingContext2D;
  /** It says what stands at each place in sight. */
  #drawn: (string | undefined)[] = [];
  #first = 0;
  #colours: Readonly<Record<string, string>> = {};
  #sprites = new Map<string, HTMLCanvasElement>();

  constructor(canvas: HTMLCanvasElement) {
    const context = canvas.getContext("2d");
    if (context === null) throw new Error("this browser draws no canvas");
    this.#canvas = canvas;
    this.#context = context;
  }

  /** All is drawn again: it was scrolled, has another size, or other colours. */
  begin({ width, height }: TileView): void {
    const scale = window.devicePixelRatio;
    this.#canvas.width = Math.round(width * scale);
    this.#canvas.height = Math.round(height * scale);
    this.#canvas.style.width = `${width}px`;
    this.#canvas.style.height = `${height}px`;
    this.#canvas.style.marginBottom = `-${height}px`; // The room behind it has the height of all tiles.
    this.#context.setTransform(scale, 0, 0, scale, 0, 0);
    this.#colours = coloursAt(this.#canvas);
    this.#sprites = new Map();
    this.#drawn = [];
  }

  draw(count: number, view: TileView, tileOf: (index: number) => DrawnTile | null): void {
    const [first, last] = tilesInSight(count, view);
    const before = this.#first === first ? this.#drawn : [];
    if (before.length === 0) this.#context.clearRect(0, 0, view.width, view.height);
    const drawn: (string | undefined)[] = [];
    for (let index = first; index < last; index += 1) {
      const tile = tileOf(index);
      const key =
        tile === null ? "" : `${tile.shape} ${tile.tone}${tile.chosen ? " chosen" : ""}${tile.active ? " active" : ""}`;
      drawn.push(key);
      if (before[index - first] === key) continue;
      const { x, y } = tilePlace(index, view);
      this.#context.clearRect(x, y, TILE_STEP, TILE_STEP);
      if (tile !== null) this.#context.drawImage(this.#spriteOf(key, tile), x, y, TILE_STEP, TILE_STEP);
    }
    for (let index = last; index < first + before.length; index += 1) {
      const { x, y } = tilePlace(index, view);
      this.#context.clearRect(x, y, TILE_STEP, TILE_STEP);
    }
    this.#first = first;
    this.#drawn = drawn;
  }

  /** Each look is drawn once, and copied from then on. */
  #spriteOf(key: string, tile: DrawnTile): HTMLCanvasElement {
    let sprite = this.#sprites.get(key);
    if (sprite === undefined) {
      sprite = document.createElement("canvas");
      const scale = window.devicePixelRatio;
      sprite.width = sprite.height = Math.round(TILE_STEP * scale);
      const context = sprite.getContext("2d");
      context?.scale(scale, scale);
      if (context !== null) drawTile(context, tile, this.#colours);
      this.#sprites.set(key, sprite);
    }
    return sprite;
  }
}

function drawTile(context: CanvasRenderingContext2D, tile: DrawnTile, colours: Readonly<Record<string, string>>): void {
  const { shape, tone, chosen, active } = tile;
  context.translate(2, 2);
  if (chosen || active) {
    context.strokeStyle = colours[active ? "focus" : "accent"] ?? "";
    context.lineWidth = active ? 2 : 1;
    context.strokeRect(-0.5, -0.5, TILE_SIZE + 1, TILE_SIZE + 1);
  }
  context.fillStyle = context.strokeStyle = colours[tone] ?? "";
  const [middle, radius] = [TILE_SIZE / 2, TILE_SIZE / 2 - 2];
  context.beginPath();
  if (shape === "square") context.rect(2, 2, TILE_SIZE - 4, TILE_SIZE - 4);
  else if (shape === "triangle") {
    context.moveTo(middle, 1);
    context.lineTo(TILE_SIZE - 1, TILE_SIZE - 2);
    context.lineTo(1, TILE_SIZE - 2);
    context.closePath();
  } else context.arc(middle, middle, shape === "turn" ? radius - 1 : radius, 0, 2 * Math.PI);
  context.lineWidth = 2.5;
  if (shape === "turn") context.stroke();
  else context.fill();
}

/** The page's colours stand in its styles, by names. A canvas needs them as they come out where it is. */
function coloursAt(canvas: HTMLCanvasElement): Readonly<Record<string, string>> {
  const probe = document.createElement("span");
  canvas.after(probe);
  const names = ["good", "busy", "warn", "bad", "quiet", "accent", "focus"];
  const colours = names.map((name) => {
    probe.className = `tile-${name}`;
    return [name, getComputedStyle(probe).color] as const;
  });
  probe.remove();
  return Object.fromEntries(colours);
}
