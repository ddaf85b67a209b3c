/** The grid shows each host as a small tile, so that thousands of them are seen at once. */

import { labelOf } from "@neverstale/fleet-domain/schema-free";
import { type KeyboardEvent, type MouseEvent, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { Status } from "../../components/status.tsx";
import { percentage } from "../../state/format.ts";
import { useNavigation } from "../../state/navigation.ts";
import { useRecord, useReplica } from "../../state/replica-hooks.ts";
import { useChosenHosts, useIsChosen } from "../chosen-hosts.ts";
import type { HostTableProps } from "../table/host-table.tsx";
import { useHold } from "../table/use-hold.tsx";
import { DrawnTiles } from "./io/drawn-tiles.ts";
import { TILE_LOOKS, tileLook } from "./tile-looks.ts";
import { nextTile, scrolledTo, type TileView, tileAt, tilesHeight } from "./tile-places.ts";

export function HostGrid({ ids, onHeld, onTakeOrder }: HostTableProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [active, setActive] = useState<string | null>(null);
  const [width, setWidth] = useState(0);
  const navigation = useNavigation();
  const chosen = useChosenHosts();
  const optionId = useId();
  const redraw = useDrawing({ ids, active, scroller, canvas, onWidth: setWidth });
  const { onKeyDown, ...holding } = useHold(onHeld, onTakeOrder);
  const open = (id: string) => navigation.go({ ...navigation.place, screen: "hosts", open: id, beside: true });
  const toggle = (id: string) => chosen.set([id], !chosen.ids.has(id));
  const at = ({ nativeEvent: { offsetX, offsetY } }: MouseEvent) => {
    const view = viewOf(scroller.current);
    const index = view === null ? null : tileAt(offsetX, offsetY, ids.length, view);
    return index === null ? null : (ids[index] ?? null);
  };
  const click = (event: MouseEvent) => {
    const id = at(event);
    if (id === null) return;
    if (event.shiftKey || event.ctrlKey || event.metaKey) toggle(id);
    else open(id);
  };
  const press = (event: KeyboardEvent) => {
    onKeyDown(event);
    const view = viewOf(scroller.current);
    if (view === null) return;
    const from = active === null ? -1 : ids.indexOf(active);
    const next =
      from < 0 && event.key.startsWith("Arrow") ? 0 : nextTile(event.key, Math.max(0, from), ids.length, view);
    if (next !== null) {
      event.preventDefault();
      setActive(ids[next] ?? null);
      scroller.current?.scrollTo({ top: scrolledTo(next, view) });
    } else if (active !== null && (event.key === "Enter" || event.key === " ")) {
      event.preventDefault();
      if (event.key === "Enter") open(active);
      else toggle(active);
    }
  };
  return (
    <>
      <TileWords id={active} />
      <div
        className="host-tiles"
        ref={scroller}
        role="listbox"
        aria-label="Hosts as tiles"
        aria-multiselectable="true"
        aria-activedescendant={active === null ? undefined : optionId}
        tabIndex={0}
        onScroll={redraw}
        onKeyDown={press}
        {...holding}
      >
        {active !== null && (
          <ActiveOption optionId={optionId} id={active} place={ids.indexOf(active) + 1} count={ids.length} />
        )}
        <canvas
          ref={canvas}
          onClick={click}
          onMouseMove={(event) => setActive(at(event))}
          onMouseLeave={() => setActive(null)}
        />
        <div style={{ height: Math.max(0, tilesHeight(ids.length, width)) }} className="tiles-room" />
      </div>
    </>
  );
}

interface Drawing {
  readonly ids: readonly string[];
  readonly active: string | null;
  readonly scroller: { readonly current: HTMLDivElement | null };
  readonly canvas: { readonly current: HTMLCanvasElement | null };
  readonly onWidth: (width: number) => void;
}

/** It draws what is in sight, now and after each change. It returns what draws all of it anew. */
function useDrawing({ ids, active, scroller, canvas, onWidth }: Drawing): () => void {
  const replica = useReplica();
  const chosen = useChosenHosts();
  const shown = useRef({ ids, active });
  shown.current = { ids, active };
  const tiles = useRef<DrawnTiles | null>(null);
  const draw = useRef((_anew: boolean) => {});
  draw.current = (anew) => {
    const view = viewOf(scroller.current);
    if (view === null || tiles.current === null) return;
    if (anew) tiles.current.begin(view);
    const { hosts } = replica.state;
    tiles.current.draw(shown.current.ids.length, view, (index) => {
      const id = shown.current.ids[index] ?? "";
      const host = hosts.get(id);
      return host === undefined
        ? null
        : { ...tileLook(host), chosen: chosen.ids.has(id), active: id === shown.current.active };
    });
  };
  useLayoutEffect(() => {
    if (canvas.current === null || scroller.current === null) return;
    tiles.current = new DrawnTiles(canvas.current);
    const resized = new ResizeObserver(() => {
      onWidth(viewOf(scroller.current)?.width ?? 0);
      draw.current(true);
    });
    resized.observe(scroller.current);
    const recoloured = new MutationObserver(() => draw.current(true));
    recoloured.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const switched = () => draw.current(true);
    scheme.addEventListener("change", switched);
    return () => {
      resized.disconnect();
      recoloured.disconnect();
      scheme.removeEventListener("change", switched);
    };
  }, [scroller, canvas, onWidth]);
  useEffect(() => {
    const again = () => draw.current(false);
    const stops = [replica.subscribeCollection("hosts", again), chosen.subscribe(again)];
    return () => {
      for (const stop of stops) stop();
    };
  }, [replica, chosen]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: other hosts or another active one are other tiles.
  useEffect(() => draw.current(false), [ids, active]);
  const [redraw] = useState(() => () => draw.current(true));
  return redraw;
}

function viewOf(scroller: HTMLDivElement | null): TileView | null {
  if (scroller === null) return null;
  const { clientWidth, clientHeight, scrollTop } = scroller;
  return { width: clientWidth - 2 * PADDING, height: clientHeight, scrollTop };
}

/** As `.host-tiles` has it on its sides. */
const PADDING = 16;

/** The tile that the keyboard is at is an option of a list box, for those who can't see the tiles. */
function ActiveOption(props: {
  readonly optionId: string;
  readonly id: string;
  readonly place: number;
  readonly count: number;
}) {
  const { optionId, id, place, count } = props;
  const host = useRecord("hosts", id);
  const isChosen = useIsChosen(id);
  return (
    <div
      role="option"
      tabIndex={-1}
      id={optionId}
      className="visually-hidden"
      aria-selected={isChosen}
      aria-setsize={count}
      aria-posinset={place}
    >
      {host === undefined ? id : `${labelOf(host)}, ${tileLook(host).word}`}
    </div>
  );
}

/** It says what the shapes mean, or how the host is that the pointer is at. */
function TileWords({ id }: { readonly id: string | null }) {
  return (
    <p className="tile-words value">
      {id === null ? (
        <>
          {TILE_LOOKS.map((look) => (
            <Status key={look.word} look={look} passing />
          ))}
          <span className="quiet">Enter opens a host, Space selects it.</span>
        </>
      ) : (
        <OneHost id={id} />
      )}
    </p>
  );
}

function OneHost({ id }: { readonly id: string }) {
  const host = useRecord("hosts", id);
  const metrics = useRecord("metrics", id);
  if (host === undefined) return <>{id}</>;
  return (
    <>
      <strong className="foreign">{labelOf(host)}</strong>
      <Status look={tileLook(host)} passing />
      <span>CPU {percentage(metrics?.cpu)}</span>
      <span>Memory {percentage(metrics?.ram)}</span>
      <span>Disk {percentage(metrics?.disk)}</span>
      <span className="quiet foreign">{host.tags.join(" ")}</span>
    </>
  );
}
