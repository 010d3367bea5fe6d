/**
 * A calculation step by step: tables of numbers with the same rows, one after the other; a chosen row is followed through all of them.
 *
 * @module
 */
import { plain, visible } from "@hyaline/core/render";
import type { ModelCard } from "@hyaline/core/result";
import { useState } from "preact/hooks";
import { say, t } from "../strings/mod.ts";
import { useStops } from "./stops.ts";
import { strongest } from "./strongest.ts";
import { tint } from "./tint.ts";

export interface NumberTable {
  readonly title: string;
  /** Numbers of each row; `NaN` is hidden from it. `more` says how long the row really is, where it was cut. */
  readonly rows: readonly { readonly label: string; readonly numbers: readonly number[]; readonly more?: string }[];
}

/** A row of numbers as an explainer prints it; `hidden` is what a mask hides, `…` what was cut. */
function numbersIn(value: string | number | boolean): { numbers: number[]; more?: string } | undefined {
  if (typeof value === "number") return { numbers: [value] };
  const [told = "", more] = `${value}`.split("…"), words = told.trim().split(/\s+/);
  if (!words.every((word) => word === "hidden" || /^-?\d+(\.\d+)?$/.test(word))) return undefined;
  return {
    numbers: words.map((word) => (word === "hidden" ? NaN : Number(word))),
    ...(more ? { more: more.trim() } : {}),
  };
}

/** The tables of a calculation: sections with the same rows, all of them numbers. Undefined for any other card. */
export function calculationOf(sections: ModelCard["sections"]): NumberTable[] | undefined {
  const tables = sections.map(({ title, entries }) => ({
    title,
    rows: entries.flatMap(({ label, value }) => {
      const found = numbersIn(value);
      return found ? [{ label, ...found }] : [];
    }),
  }));
  const alike = tables.every(({ rows }, i) =>
    rows.length === sections[i]!.entries.length && rows.length > 0 && rows.length === tables[0]!.rows.length &&
    rows.every(({ label }, k) => label === tables[0]!.rows[k]!.label)
  );
  return alike && tables.length > 1 && tables.some(({ rows }) => rows[0]!.numbers.length > 1) ? tables : undefined;
}

export function Walkthrough({ tables }: { tables: readonly NumberTable[] }) {
  const [step, setStep] = useState(0), [row, setRow] = useState(0), words = t.value.views, { rows } = tables[0]!;
  const { container, stop } = useStops<HTMLDivElement>(rows.length),
    { container: steps, stop: place } = useStops<HTMLOListElement>(tables.length);
  return (
    <div class="walkthrough">
      <p class="quiet">{words.followHint}</p>
      <div {...container} class="text small" role="group" aria-label={words.followRow}>
        {rows.map(({ label }, i) => {
          const { onFocus, ...focus } = stop(i);
          return [
            i ? " " : "",
            <button
              {...focus}
              key={i}
              type="button"
              class="piece"
              aria-pressed={i === row}
              onFocus={onFocus}
              onClick={() => setRow(i)}
            >
              {visible(label)}
            </button>,
          ];
        })}
      </div>
      <ol {...steps} class="steps" aria-label={words.steps}>
        {tables.map(({ title }, i) => {
          const { onFocus, ...focus } = place(i);
          return (
            <li key={i}>
              <button
                {...focus}
                type="button"
                aria-current={i === step ? "step" : undefined}
                onFocus={onFocus}
                onClick={() => setStep(i)}
              >
                <span aria-hidden="true">{i + 1}</span> {visible(say.value.told(title))}
              </button>
            </li>
          );
        })}
      </ol>
      <Step table={tables[step]!} row={row} />
      <p class="turn">
        <button type="button" disabled={step === 0} onClick={() => setStep(step - 1)}>{words.before}</button>{" "}
        <button type="button" disabled={step === tables.length - 1} onClick={() => setStep(step + 1)}>
          {words.next}
        </button>
      </p>
    </div>
  );
}

interface StepProps {
  readonly table: NumberTable;
  readonly row: number;
}

function Step({ table: { title, rows }, row }: StepProps) {
  // A number for each row: columns are the rows again.
  const square = rows[0]!.numbers.length === rows.length && rows.map(({ label }) => label);
  const scale = strongest(rows.flatMap(({ numbers }) => numbers.filter(Number.isFinite)));
  const told = visible(say.value.told(title)), more = rows.find((one) => one.more)?.more;
  return (
    <div class="scroll" tabIndex={0} role="group" aria-label={told}>
      <table class="numbers">
        <caption>{told}</caption>
        {square
          ? (
            <thead>
              <tr>
                <td></td>
                {square.map((name, i) => <th key={i} scope="col">{visible(name)}</th>)}
              </tr>
            </thead>
          )
          : null}
        <tbody>
          {rows.map(({ label, numbers }, i) => (
            <tr key={i} class={i === row ? "on" : ""}>
              <th scope="row">{visible(label)}</th>
              {numbers.map((x, k) => (
                <td key={k} style={tint(x / scale) ?? {}}>
                  {Number.isNaN(x) ? "—" : plain(x, Number.isInteger(x) ? 0 : 3)}
                </td>
              ))}
              {more ? <td class="quiet">… {visible(more)}</td> : null}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
