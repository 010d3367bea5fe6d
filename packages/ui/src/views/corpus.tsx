/**
 * What many explanations have in common: means with their intervals.
 *
 * @module
 */
import { plain, visible, withSign } from "@hyaline/core/render";
import { say } from "../strings/mod.ts";
import { Bar } from "./bar.tsx";
import { strongest } from "./strongest.ts";
import type { ViewProps } from "./view.tsx";

interface Interval {
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}
const written = ({ low, high }: Interval): string =>
  low === undefined || high === undefined ? "" : `${plain(low, 3)} … ${plain(high, 3)}`;

export function Corpus({ explanation: { signed, data } }: ViewProps<"corpus-summary">) {
  const { documents, items, measures } = data, words = say.value, scale = strongest(items.map(({ mean }) => mean));
  return (
    <div class="corpus">
      <p class="quiet">{words.documents(documents)}</p>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.measure}</th>
            <th scope="col">{words.mean}</th>
            <th scope="col">{words.interval}</th>
          </tr>
        </thead>
        <tbody>
          {measures.map((measure) => (
            <tr key={measure.id}>
              <th scope="row">{visible(measure.title)}</th>
              <td>{plain(measure.value, 3)}</td>
              <td>{written(measure)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <table class="bars">
        <thead>
          <tr>
            <th scope="col">{words.token}</th>
            <th scope="col">{words.count}</th>
            <th scope="col">{words.mean}</th>
            <th scope="col">{words.interval}</th>
            <td aria-hidden="true"></td>
          </tr>
        </thead>
        <tbody>
          {items.map((item, i) => (
            <tr key={i}>
              <th scope="row">{visible(item.label)}</th>
              <td>{item.count}</td>
              <td>{(signed ? withSign : plain)(item.mean, 3)}</td>
              <td>{written(item)}</td>
              <td aria-hidden="true">
                <Bar share={item.mean / scale} signed={signed} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
