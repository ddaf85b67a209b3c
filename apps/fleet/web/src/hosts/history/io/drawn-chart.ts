/** uPlot draws one chart on a canvas. The page's own colours are read when it is made, and again when they change. */

import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { MetricColumn } from "../metric-columns.ts";

export interface DrawnChartOptions {
  readonly element: HTMLElement;
  /** The names of the lines, which stand in the legend. */
  readonly lines: readonly string[];
  /** Null lets the values say it. */
  readonly most: number | null;
  readonly words: (value: number) => string;
  /** The value of each line under the pointer, or null where there is none. */
  readonly onPoint: (index: number | null) => void;
  /** Charts of one host move their cursors together. */
  readonly together: string;
}

export interface ChartData {
  readonly times: readonly number[];
  readonly columns: readonly MetricColumn[];
  readonly fromS: number;
  readonly toS: number;
}

const HEIGHT = 116;
const COLOURS = ["--accent", "--warn"] as const;

export class DrawnChart {
  readonly #options: DrawnChartOptions;
  readonly #watcher: ResizeObserver;
  readonly #theme: MutationObserver;
  readonly #scheme = matchMedia("(prefers-color-scheme: dark)");
  #plot: uPlot | null = null;
  #data: ChartData | null = null;

  constructor(options: DrawnChartOptions) {
    this.#options = options;
    this.#watcher = new ResizeObserver(() => this.#plot?.setSize(this.#size()));
    this.#watcher.observe(options.element);
    this.#theme = new MutationObserver(this.#drawAnew);
    this.#theme.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.#scheme.addEventListener("change", this.#drawAnew);
  }

  show(data: ChartData): void {
    this.#data = data;
    if (this.#plot === null) this.#make(data);
    else {
      this.#plot.setData(dataOf(data), false);
      this.#plot.setScale("x", { min: data.fromS, max: data.toS });
    }
  }

  close(): void {
    this.#watcher.disconnect();
    this.#theme.disconnect();
    this.#scheme.removeEventListener("change", this.#drawAnew);
    this.#plot?.destroy();
  }

  readonly #drawAnew = () => {
    this.#plot?.destroy();
    this.#plot = null;
    if (this.#data !== null) this.#make(this.#data);
  };

  #make(data: ChartData): void {
    const { element, lines, most, words, onPoint, together } = this.#options;
    const colour = colours(element);
    const axis = {
      stroke: colour("--ink-faint"),
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
      font: `11px ${getComputedStyle(element).fontFamily}`,
    };
    const series = lines.flatMap((label, line): uPlot.Series[] => {
      const stroke = colour(COLOURS[line % COLOURS.length] ?? COLOURS[0]);
      const edge = { stroke: "transparent", width: 0, points: { show: false } };
      return [{ ...edge }, { label, stroke, width: 1.5, points: { size: 3, fill: stroke } }, { ...edge }];
    });
    const bands = lines.map((_, line): uPlot.Band => {
      const fill = colour(COLOURS[line % COLOURS.length] ?? COLOURS[0]);
      return { series: [3 * line + 3, 3 * line + 1], fill: `color-mix(in srgb, ${fill} 20%, transparent)` };
    });
    this.#plot = new uPlot(
      {
        ...this.#size(),
        pxAlign: 0,
        padding: [6, 4, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { setScale: false }, sync: { key: together } },
        scales: {
          x: { range: () => [this.#data?.fromS ?? 0, this.#data?.toS ?? 1] },
          y: { range: (_, _least, greatest) => [0, most ?? niceTop(greatest)] },
        },
        axes: [
          { ...axis, size: 24, values: (_, all) => all.map((at) => timeWords(1_000 * at, spanMs(this.#data))) },
          {
            ...axis,
            size: 54,
            splits: (_, __, _least, top) => [0, top / 2, top],
            values: (_, all) => all.map((value) => (value === 0 ? "0" : words(value))),
          },
        ],
        series: [{}, ...series],
        bands,
        hooks: { setCursor: [(plot) => onPoint(plot.cursor.idx ?? null)] },
      },
      dataOf(data),
      element,
    );
  }

  #size(): { width: number; height: number } {
    return { width: Math.max(120, this.#options.element.clientWidth), height: HEIGHT };
  }
}

function spanMs(data: ChartData | null): number {
  return data === null ? 0 : 1_000 * (data.toS - data.fromS);
}

/** A time of the day, or the day where a chart shows several. */
function timeWords(at: number, spanOfMs: number): string {
  return (spanOfMs > TWO_DAYS_MS ? DAY : TIME).format(at);
}

const TWO_DAYS_MS = 172_800_000;
const TIME = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const DAY = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });

function dataOf({ times, columns }: ChartData): uPlot.AlignedData {
  return [[...times], ...columns.flatMap(({ min, mean, max }) => [[...min], [...mean], [...max]])];
}

function colours(element: HTMLElement): (name: string) => string {
  const probe = document.createElement("span");
  element.append(probe);
  const read = (name: string) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  const all = new Map(["--ink-faint", "--line", ...COLOURS].map((name) => [name, read(name)]));
  probe.remove();
  return (name) => all.get(name) ?? "";
}

/** The upper edge is a round number, so that it does not move with each value. */
function niceTop(greatest: number | null): number {
  const value = Math.max(greatest ?? 0, 1);
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5, 10].find((step) => step * power >= value) ?? 10) * power;
}
