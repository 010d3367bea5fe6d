/**
 * Where the explained value went, as a waterfall: each bar begins where the one before it ended.
 *
 * @module
 */
import { type Description, withSign } from "@hyaline/core/render";
import { say, t } from "../strings/mod.ts";

type Book = NonNullable<Description["ledger"]>;

/** From and to of each line's bar, as shares of the value; the first is the value itself. */
function bars(lines: Book["lines"]): { from: number; to: number }[] {
  const sign = Math.sign(lines[0]!.share) || 1;
  let at = 0;
  return lines.map(({ share }, i) => i === 0 ? { from: 0, to: 1 } : { from: at, to: at += share * sign });
}

export function Ledger({ ledger }: { ledger: Book }) {
  const { lines, closed, verdict } = ledger, spans = bars(lines), words = t.value.views;
  const low = Math.min(0, ...spans.flatMap(({ from, to }) => [from, to]));
  const high = Math.max(1, ...spans.flatMap(({ from, to }) => [from, to]));
  const x = (share: number): number => (100 * (share - low)) / (high - low);
  return (
    <figure class="ledger">
      <figcaption>{say.value.ledger.title}</figcaption>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.line}</th>
            <th scope="col">{say.value.score}</th>
            <th scope="col">{words.shareColumn}</th>
            <td aria-hidden="true"></td>
          </tr>
        </thead>
        <tbody>
          {lines.map(({ id, label, value, share }, i) => {
            const { from, to } = spans[i]!, kind = i === 0 ? "whole" : to >= from ? "plus" : "less";
            return (
              <tr key={id} class={id}>
                <th scope="row" title={words.lines[id as keyof typeof words.lines]}>{label}</th>
                <td>{value}</td>
                <td>{`${withSign(100 * share, 1).replace(/^\+/, i === 0 ? "" : "+")} %`}</td>
                <td aria-hidden="true" class="track">
                  <i class="zero" style={{ left: `${x(0)}%` }} />
                  <i
                    class={kind}
                    style={{
                      left: `${x(Math.min(from, to))}%`,
                      width: `max(2px, ${x(Math.max(from, to)) - x(Math.min(from, to))}%)`,
                    }}
                  />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p class={closed ? "verdict passed" : "verdict failed"}>
        <span aria-hidden="true">{closed ? "✓ " : "✗ "}</span>
        {verdict}
      </p>
    </figure>
  );
}
