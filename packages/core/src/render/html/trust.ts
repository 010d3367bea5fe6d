/**
 * How far to trust an explanation: the ledger as a waterfall, the checks as a list.
 *
 * @module
 */
import type { Description } from "../describe.ts";
import type { Catalogue } from "../locale.ts";
import { type Markup, markup } from "../markup.ts";
import { table } from "./tables.ts";

/** Ledger and checks of one explanation. */
export const trust = ({ ledger, checks }: Description, say: Catalogue): Markup =>
  markup`${
    ledger && markup`<h3>${say.ledger.title}</h3>
${waterfall(ledger, say)}<p class="${ledger.closed ? "passed" : "failed"}">${
      ledger.closed ? "✓" : "✗"
    } ${ledger.verdict}</p>`
  }${
    checks.length > 0 &&
    markup`<h3>${say.checksTitle}</h3><ul class="checks">${
      checks.map(({ mark, status, passed, title, summary }) =>
        markup`<li><span aria-hidden="true">${mark}</span><span><b class="${
          passed === undefined ? "" : passed ? "passed" : "failed"
        }">${title}</b> (${status}): ${summary}</span></li>`
      )
    }</ul>`
  }`;

/** Each line's bar begins where the one before it ended, so that the eye sees them add up to the value. */
function waterfall({ lines }: NonNullable<Description["ledger"]>, say: Catalogue): Markup {
  const [value, ...parts] = lines;
  const sign = Math.sign(value!.share) || 1;
  let at = 0;
  const spans = [{ from: 0, to: 1 }, ...parts.map(({ share }) => ({ from: at, to: at += share * sign }))];
  const low = Math.min(0, ...spans.map(({ from, to }) => Math.min(from, to)));
  const range = Math.max(1, ...spans.map(({ from, to }) => Math.max(from, to))) - low;
  const x = (share: number) => ((share - low) / range) * 100;
  const bars = spans.map(({ from, to }, i) =>
    markup`<svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect class="${
      i === 0 ? "whole" : to >= from ? "plus" : "less"
    }" x="${x(Math.min(from, to)).toFixed(2)}" width="${
      Math.max(0.4, x(Math.max(from, to)) - x(Math.min(from, to))).toFixed(2)
    }" height="8"/></svg>`
  );
  const rows = lines.map((
    { label, value, share },
    i,
  ) => [label, value, `${(share * 100).toFixed(1).replace("-", "−")} %`, bars[i]!]);
  return table(say.ledger.title, ["", say.score, "%", ""], rows, { numeric: [1, 2], kind: "ledger" });
}
