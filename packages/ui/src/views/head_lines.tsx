/**
 * One head as lines from each token to those it looks at: the thicker, the more.
 *
 * @module
 */
import { useState } from "preact/hooks";
import { t } from "../strings/mod.ts";
import type { Cells } from "./paint.ts";
import { strongest } from "./strongest.ts";

interface LinesProps {
  readonly label: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly cells: Cells;
}

/** Tokens beyond which lines are a thicket, and the share of the strongest below which a line is not drawn. */
const most = 48, least = 0.08;
const step = 26, wide = 420, margin = 130;

export function HeadLines({ label, rows, columns, cells: { values, from, width } }: LinesProps) {
  const [only, setOnly] = useState<number | undefined>();
  if (Math.max(rows.length, columns.length) > most) return null;
  const scale = strongest(values, from, from + rows.length * width),
    high = step * Math.max(rows.length, columns.length);
  const lines = rows.flatMap((_, r) => columns.map((_, c) => ({ r, c, share: values[from + r * width + c]! / scale })));
  const y = (i: number): number => step * (i + 0.5);
  const short = (name: string): string => [...name].length > 15 ? `${[...name].slice(0, 14).join("")}…` : name;
  return (
    <details class="lines" open>
      <summary>{t.value.views.asLines}</summary>
      <svg viewBox={`0 0 ${wide} ${high}`} role="img" aria-label={label} onPointerLeave={() => setOnly(undefined)}>
        {lines.filter(({ r, share }) => Math.abs(share) >= least && (only === undefined || r === only)).map((
          { r, c, share },
        ) => (
          <path
            key={`${r}-${c}`}
            class={share > 0 ? "plus" : "less"}
            d={`M${margin} ${y(r)}C${wide / 2} ${y(r)} ${wide / 2} ${y(c)} ${wide - margin} ${y(c)}`}
            stroke-width={(0.5 + 4.5 * Math.abs(share)).toFixed(2)}
            stroke-opacity={(0.15 + 0.75 * Math.abs(share)).toFixed(2)}
          />
        ))}
        {rows.map((name, r) => (
          <text
            key={r}
            x={margin - 8}
            y={y(r) + 4}
            text-anchor="end"
            class={r === only ? "on" : ""}
            onPointerEnter={() => setOnly(r)}
          >
            {short(name)}
          </text>
        ))}
        {columns.map((name, c) => <text key={c} x={wide - margin + 8} y={y(c) + 4}>{short(name)}</text>)}
      </svg>
    </details>
  );
}
