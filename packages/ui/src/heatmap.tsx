/**
 * The text itself, each token coloured by its score: orange for, purple against, with a sign that needs no colour.
 *
 * @module
 */
import type { ExplanationOf } from "@hyaline/core/result";
import type { Strings } from "./strings.ts";

/** A share between −1 and 1 as a background: PuOr, white at 0, never so dark that text loses its contrast. */
export function colour(share: number): string {
  const alpha = (0.08 + 0.52 * Math.min(1, Math.abs(share))).toFixed(3);
  return share >= 0 ? `rgba(230, 120, 10, ${alpha})` : `rgba(110, 70, 170, ${alpha})`;
}

export function Heatmap({ explanation, t }: { explanation: ExplanationOf<"token-scores">; t: Strings }) {
  const { tokens, data: { values }, signed } = explanation, top = Math.max(...values.map(Math.abs)) || 1;
  return (
    <section aria-label={t.table}>
      <p class="text">
        {tokens.map((token, i) => {
          const share = values[i]! / top, strong = Math.abs(share) > 0.25;
          return (
            <span
              key={i}
              class={token.special ? "token special" : "token"}
              style={{ background: colour(share) }}
              title={values[i]!.toPrecision(3)}
            >
              {token.text}
              {signed && strong ? <sup aria-hidden="true">{share > 0 ? "+" : "−"}</sup> : null}
            </span>
          );
        })}
      </p>
      <p class="legend">{signed ? t.signed : t.unsigned}</p>
      <details>
        <summary>{t.table}</summary>
        <table>
          <thead>
            <tr>
              <th scope="col">{t.token}</th>
              <th scope="col">{t.score}</th>
            </tr>
          </thead>
          <tbody>
            {tokens.map((token, i) => (
              <tr key={i}>
                <th scope="row">{token.text}</th>
                <td>{values[i]!.toFixed(4)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </section>
  );
}
