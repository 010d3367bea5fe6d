/**
 * A table of scores on a canvas, with zoom and pan: thousands of cells stay fluid, and a cell can be read by pointer and by keyboard.
 *
 * @module
 */
import { decimalsFor, plain, withSign } from "@hyaline/core/render";
import { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { t } from "../strings/mod.ts";
import { type Camera, panned, showing, whole, zoomed } from "./camera.ts";
import { draw, edges } from "./heatmap_drawing.ts";
import { HeatmapTable } from "./heatmap_table.tsx";
import { type Cells, paint } from "./paint.ts";
import { theme } from "./theme.ts";

export interface HeatmapProps extends Cells {
  /** What it shows, for people who do not see it. */
  readonly label: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly axes: readonly [string, string];
  /** The score that gets the strongest colour. */
  readonly scale: number;
  readonly signed: boolean;
  /** The tallest it may get, in CSS pixels. */
  readonly tallest?: number;
}

interface Cell {
  readonly row: number;
  readonly column: number;
}

export function Heatmap(props: HeatmapProps) {
  const { label, rows, columns, axes, values, from, height, width, scale, signed, tallest = 560 } = props;
  const frame = useRef<HTMLDivElement>(null),
    canvas = useRef<HTMLCanvasElement>(null),
    bitmap = useRef<HTMLCanvasElement | undefined>(undefined);
  const [space, setSpace] = useState(0), [camera, setCamera] = useState<Camera | undefined>();
  const [cell, setCell] = useState<Cell | undefined>(), words = t.value.views, id = useId(), now = theme.value;
  const { left, top } = useMemo(() => edges(rows, columns, space), [rows, columns, space]);
  const room = { width: Math.max(1, space - left), height: Math.max(1, tallest - top), columns: width, rows: height };
  const seen = camera ?? whole(room), tall = Math.min(room.height, Math.ceil(seen.side * height));
  const decimals = Math.min(6, decimalsFor(scale)), write = (v: number) => (signed ? withSign : plain)(v, decimals);

  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setSpace(Math.floor(entry!.contentRect.width)));
    observer.observe(frame.current!);
    return () => observer.disconnect();
  }, []);
  useEffect(() => setCamera(undefined), [values, from, space]);
  useLayoutEffect(() => {
    bitmap.current ??= document.createElement("canvas");
    paint(bitmap.current, { values, from, height, width }, scale, now);
  }, [values, from, height, width, scale, now]);
  useLayoutEffect(() => {
    if (space > 0) {
      draw(canvas.current!, bitmap.current!, {
        ...props,
        camera: seen,
        left,
        top,
        wide: space - left,
        tall,
        write,
        cell,
        theme: now,
      });
    }
  }, [values, from, scale, now, space, seen.side, seen.x, seen.y, tall, cell?.row, cell?.column, rows, columns]);

  const place = (event: { clientX: number; clientY: number }): { x: number; y: number } => {
    const box = canvas.current!.getBoundingClientRect();
    return { x: event.clientX - box.left - left, y: event.clientY - box.top - top };
  };
  const under = (event: PointerEvent): Cell | undefined => {
    const { x, y } = place(event),
      row = Math.floor(seen.y + y / seen.side),
      column = Math.floor(seen.x + x / seen.side);
    return x < 0 || y < 0 || row >= height || column >= width ? undefined : { row, column };
  };
  const closer = (factor: number, at = { x: room.width / 2, y: tall / 2 }): void =>
    setCamera(zoomed(seen, factor, at, room));
  const step = (dr: number, dc: number): void => {
    const { row, column } = cell ?? { row: -dr, column: -dc };
    const next = {
      row: Math.max(0, Math.min(height - 1, row + dr)),
      column: Math.max(0, Math.min(width - 1, column + dc)),
    };
    setCell(next);
    setCamera(showing(seen, next.row, next.column, room));
  };
  const keys: Record<string, () => void> = {
    ArrowRight: () => step(0, 1),
    ArrowLeft: () => step(0, -1),
    ArrowDown: () => step(1, 0),
    ArrowUp: () => step(-1, 0),
    "+": () => closer(1.5),
    "=": () => closer(1.5),
    "-": () => closer(1 / 1.5),
    "0": () => setCamera(undefined),
    Escape: () => setCell(undefined),
  };
  const wheel = (event: WheelEvent): void => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    closer(Math.exp(-event.deltaY / 200), place(event));
  };
  useEffect(() => {
    const element = canvas.current!;
    element.addEventListener("wheel", wheel, { passive: false });
    return () => element.removeEventListener("wheel", wheel);
  });
  const told = cell &&
    `${rows[cell.row]} → ${columns[cell.column]}: ${write(values[from + cell.row * width + cell.column]!)}`;
  const zoomable = seen.side > whole(room).side + 0.01 || whole(room).side < 24;
  return (
    <div class="heatmap">
      <p class="axes quiet" aria-hidden="true">{axes[0]} ↓ {axes[1]} →</p>
      <div
        ref={frame}
        class="frame"
        tabIndex={0}
        role="application"
        aria-label={label}
        aria-describedby={`${id}-how`}
        onKeyDown={(event) => {
          const key = event.ctrlKey || event.altKey || event.metaKey ? undefined : keys[event.key];
          if (!key) return;
          event.preventDefault();
          key();
        }}
      >
        <canvas
          ref={canvas}
          style={{
            width: `${space}px`,
            height: `${tall + top}px`,
            touchAction: seen.side > whole(room).side + 0.01 ? "none" : "pan-y",
          }}
          onPointerMove={(event) => {
            if (event.buttons & 1) setCamera(panned(seen, event.movementX, event.movementY, room));
            setCell(under(event));
          }}
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerLeave={() => setCell(undefined)}
          onDblClick={(event) => closer(2, place(event))}
        />
      </div>
      <p id={`${id}-how`} class="unseen">{words.heatmapKeys}</p>
      <div class="foot">
        <p class="readout" role="status">{told ?? <span class="quiet" aria-hidden="true">{words.heatmapHint}</span>}</p>
        {zoomable
          ? (
            <div class="zoom" role="group" aria-label={words.zoom}>
              <button type="button" aria-label={words.zoomOut} onClick={() => closer(1 / 1.5)}>−</button>
              <button type="button" aria-label={words.zoomIn} onClick={() => closer(1.5)}>+</button>
              <button type="button" onClick={() => setCamera(undefined)}>{words.zoomWhole}</button>
            </div>
          )
          : null}
      </div>
      <HeatmapTable {...{ label, rows, columns, axes, values, from, height, width, write }} />
    </div>
  );
}
