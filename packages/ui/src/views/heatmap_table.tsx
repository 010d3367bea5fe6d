/**
 * What a heatmap shows as a table: all of it while it can be read, else the strongest cells.
 *
 * @module
 */
import { useState } from "preact/hooks";
import { say, t } from "../strings/mod.ts";
import type { Cells } from "./paint.ts";

interface TableProps extends Cells {
  readonly label: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  readonly axes: readonly [string, string];
  write(value: number): string;
}

/** Cells beyond which the strongest stand for all. */
const most = 900, shown = 50;

/** Closed at first, and written only when it is opened. */
export function HeatmapTable(props: TableProps) {
  const [open, setOpen] = useState(false), whole = props.height * props.width <= most;
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{whole ? t.value.views.table : say.value.strongestPairs}</summary>
      {!open ? null : whole ? <Whole {...props} /> : <Strongest {...props} />}
    </details>
  );
}

function Whole({ label, rows, columns, axes, values, from, width, write }: TableProps) {
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={label}>
      <table>
        <thead>
          <tr>
            <th scope="col">{axes[0]}</th>
            {columns.map((name, i) => <th key={i} scope="col">{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {rows.map((name, r) => (
            <tr key={r}>
              <th scope="row">{name}</th>
              {columns.map((_, c) => <td key={c}>{write(values[from + r * width + c]!)}</td>)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Strongest({ rows, columns, axes, values, from, height, width, write }: TableProps) {
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">{axes[0]}</th>
          <th scope="col">{axes[1]}</th>
          <th scope="col">{say.value.score}</th>
        </tr>
      </thead>
      <tbody>
        {strongest({ values, from, height, width }).map((i) => (
          <tr key={i}>
            <th scope="row">{rows[Math.floor(i / width)]}</th>
            <td>{columns[i % width]}</td>
            <td>{write(values[from + i]!)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Places of the strongest cells, without sorting all of them. */
function strongest({ values, from, height, width }: Cells): number[] {
  const best: number[] = [], size = (i: number): number => Math.abs(values[from + i]!);
  for (let i = 0; i < height * width; i++) {
    if (best.length === shown && size(i) <= size(best[shown - 1]!)) continue;
    let at = best.length;
    while (at > 0 && size(best[at - 1]!) < size(i)) at--;
    best.splice(at, 0, i);
    if (best.length > shown) best.pop();
  }
  return best;
}
