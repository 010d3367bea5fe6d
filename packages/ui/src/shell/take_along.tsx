/**
 * Taking a result along: as a picture, a table, data, a page of its own, a print-out, a link.
 *
 * @module
 */
import { useState } from "preact/hooks";
import type { Shown } from "../state/asking.ts";
import { t } from "../strings/mod.ts";
import { copyLink, kinds, save } from "./files.ts";

export function TakeAlong({ shown }: { shown: Shown }) {
  const words = t.value.shell, [copied, setCopied] = useState(false);
  const all = [...shown.explanations, ...shown.changed];
  return (
    <section class="take-along" aria-label={words.takeAlong}>
      <span class="quiet">{words.takeAlong}</span>
      {kinds.map((kind) => (
        <button key={kind} type="button" onClick={() => void save(kind, all)}>{words.kinds[kind]}</button>
      ))}
      <button type="button" onClick={() => print()}>{words.print}</button>
      <button
        type="button"
        onClick={() => void copyLink(shown.question).then(() => setCopied(true), () => setCopied(false))}
        onBlur={() => setCopied(false)}
      >
        {copied ? words.copied : words.copyLink}
      </button>
    </section>
  );
}
