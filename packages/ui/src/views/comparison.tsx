/**
 * Several methods on the same text: scores side by side, and how far each pair of methods agrees.
 *
 * @module
 */
import { agreement, scaleOf, unitsOf, visible } from "@hyaline/core/render";
import type { ExplanationOf } from "@hyaline/core/result";
import { say, t } from "../strings/mod.ts";
import { Bar } from "./bar.tsx";
import { writerOf } from "./tokens.tsx";

type TokenScores = ExplanationOf<"token-scores">;

interface ComparisonProps {
  readonly group: readonly TokenScores[];
  /** How a method is called. */
  nameOf(explanation: TokenScores): string;
}

export function Comparison({ group, nameOf }: ComparisonProps) {
  const columns = group.map((explanation) => {
    const units = unitsOf(explanation);
    return { explanation, units, scale: scaleOf(units), write: writerOf(explanation) };
  });
  const [first] = columns, words = t.value.views, names = group.map(nameOf);
  return (
    <section class="comparison">
      <h3>{say.value.compare}</h3>
      <div class="scroll" tabIndex={0} role="group" aria-label={say.value.compare}>
        <table class="bars">
          <thead>
            <tr>
              <th scope="col">{first!.explanation.words ? say.value.word : say.value.token}</th>
              {names.map((name, i) => <th key={i} scope="col">{name}</th>)}
            </tr>
          </thead>
          <tbody>
            {first!.units.map(({ text, special }, row) => (
              <tr key={row} class={special ? "special" : ""}>
                <th scope="row">{visible(text)}</th>
                {columns.map(({ explanation: { signed }, units, scale, write }, i) => (
                  <td key={i}>
                    <span class="with-bar">
                      <Bar share={units[row]!.score / scale} signed={signed} />
                      {write(units[row]!.score)}
                    </span>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <h4>{words.agreementTitle}</h4>
      <p class="quiet">{words.agreementHow}</p>
      <div class="scroll" tabIndex={0} role="group" aria-label={words.agreementTitle}>
        <table class="agreement">
          <thead>
            <tr>
              <td></td>
              {names.map((name, i) => <th key={i} scope="col">{name}</th>)}
            </tr>
          </thead>
          <tbody>
            {group.map((one, i) => (
              <tr key={i}>
                <th scope="row">{names[i]}</th>
                {group.map((other, k) => <td key={k}>{i === k ? "·" : <Agreed {...agreement(one, other)} />}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

/** A rank correlation in numbers and words. */
function Agreed({ rho, shared, most }: ReturnType<typeof agreement>) {
  const words = t.value.views;
  if (rho === undefined) return <>{words.noOrder}</>;
  const level = rho >= 0.8 ? "high" : rho >= 0.4 ? "some" : rho > -0.2 ? "little" : "against";
  return (
    <span class={`agreed ${level}`}>
      <b>{rho.toFixed(2).replace("-", "−")}</b> {words.agreementLevels[level]}
      <small>{words.sharedTop(shared, most)}</small>
    </span>
  );
}
