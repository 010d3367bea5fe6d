/**
 * Facts about a model in sections. Where a section's facts are rows of numbers, all such sections together are a calculation
 * to walk through; see {@link Walkthrough}.
 *
 * @module
 */
import { visible } from "@hyaline/core/render";
import type { ViewProps } from "./view.tsx";
import { calculationOf, Walkthrough } from "./walkthrough.tsx";

export function Card({ explanation }: ViewProps<"model-card">) {
  const { sections } = explanation.data, tables = calculationOf(sections);
  if (tables) return <Walkthrough tables={tables} />;
  return (
    <div class="card">
      {sections.map(({ title, entries }, i) => (
        <section key={i}>
          <h4>{visible(title)}</h4>
          <dl>
            {entries.map(({ label, value }, k) => (
              <div key={k}>
                <dt>{visible(label)}</dt>
                <dd>{visible(`${value}`)}</dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
