/**
 * Functions of one variable, with a line under the pointer that reads them all.
 *
 * @module
 */
import { plain, ticks, visible } from "@hyaline/core/render";
import type { Curve } from "@hyaline/core/result";
import { useState } from "preact/hooks";
import { say, t } from "../strings/mod.ts";
import type { ViewProps } from "./view.tsx";

const wide = 640, high = 260, left = 52, bottom = 40, top = 12, right = 12;

export function CurveView({ explanation }: ViewProps<"curve">) {
  const { x, y, series } = explanation.data, words = t.value.views;
  const xs = [...new Set(series.flatMap((line) => line.x))].sort((a, b) => a - b),
    ys = series.flatMap((line) => line.y);
  const [at, setAt] = useState<number | undefined>();
  const xTicks = ticks(xs[0]!, xs.at(-1)!), yTicks = ticks(Math.min(...ys), Math.max(...ys));
  const between = (marks: readonly number[], from: number, to: number) => (value: number): number =>
    from + ((value - marks[0]!) / (marks.at(-1)! - marks[0]! || 1)) * (to - from);
  const px = between(xTicks, left, wide - right), py = between(yTicks, high - bottom, top);
  const here = at === undefined ? undefined : xs[at]!;
  const move = (by: number): void =>
    setAt(Math.max(0, Math.min(xs.length - 1, (at ?? (by > 0 ? -1 : xs.length)) + by)));
  const told = here === undefined
    ? undefined
    : `${said(x.title)} ${plain(here)}: ${
      series.map((line) => `${said(line.title)} ${plain(valueAt(line, here))}`).join(", ")
    }`;
  return (
    <figure class="curve">
      <svg
        viewBox={`0 0 ${wide} ${high}`}
        role="application"
        aria-label={`${said(y.title)} — ${said(x.title)}`}
        {...{ tabindex: 0 }}
        // SVG knows attributes in their own spelling only
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect(),
            there = ((event.clientX - box.left) / box.width) * wide;
          setAt(
            xs.reduce(
              (best, value, i) => (Math.abs(px(value) - there) < Math.abs(px(xs[best]!) - there) ? i : best),
              0,
            ),
          );
        }}
        onPointerLeave={() => setAt(undefined)}
        onKeyDown={(event) => {
          const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
          if (by === undefined) return;
          event.preventDefault();
          move(by);
        }}
      >
        {yTicks.map((tick) => (
          <g key={tick}>
            <line class="rule" x1={left} x2={wide - right} y1={py(tick)} y2={py(tick)} />
            <text x={left - 8} y={py(tick) + 4} text-anchor="end">{tick.toLocaleString("en")}</text>
          </g>
        ))}
        {xTicks.map((tick) => (
          <text key={tick} x={px(tick)} y={high - bottom + 18} text-anchor="middle">{tick.toLocaleString("en")}</text>
        ))}
        <text x={wide - right} y={high - 4} text-anchor="end">{said(x.title)}</text>
        {here === undefined ? null : <line class="cursor" x1={px(here)} x2={px(here)} y1={top} y2={high - bottom} />}
        {series.map((line, i) => (
          <polyline
            key={i}
            class={`line line-${i % 4}`}
            points={line.x.map((value, k) => `${px(value)},${py(line.y[k]!)}`).join(" ")}
          />
        ))}
        {here === undefined
          ? null
          : series.map((line, i) => (
            <circle key={i} class={`dot line-${i % 4}`} cx={px(here)} cy={py(valueAt(line, here))} r={4} />
          ))}
      </svg>
      <figcaption>
        <b>{said(y.title)}</b>
        <ul class="keys">
          {series.map((line, i) => (
            <li key={i}>
              <svg viewBox="0 0 28 8" aria-hidden="true">
                <line class={`line line-${i % 4}`} x1="0" x2="28" y1="4" y2="4" />
              </svg>
              {said(line.title)}
            </li>
          ))}
        </ul>
      </figcaption>
      <p class="readout" role="status">{told ?? <span class="quiet" aria-hidden="true">{words.curveHint}</span>}</p>
      <details>
        <summary>{words.table}</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">{said(x.title)}</th>
              {series.map((line, i) => <th key={i} scope="col">{said(line.title)}</th>)}
            </tr>
          </thead>
          <tbody>
            {xs.map((value) => (
              <tr key={value}>
                <th scope="row">{plain(value)}</th>
                {series.map((line, i) => <td key={i}>{plain(valueAt(line, value))}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}

const said = (title: string): string => visible(say.value.told(title));

/** A line's height at x: its own point there, or the straight line between its neighbours. */
function valueAt({ x, y }: Curve["series"][number], at: number): number {
  const next = x.findIndex((value) => value >= at);
  if (next < 0) return y.at(-1)!;
  if (next === 0 || x[next] === at) return y[next]!;
  const share = (at - x[next - 1]!) / (x[next]! - x[next - 1]!);
  return y[next - 1]! + share * (y[next]! - y[next - 1]!);
}
