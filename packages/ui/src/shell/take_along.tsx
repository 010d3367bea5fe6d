/**
 * Taking a result along: as a picture, a table, data, a page of its own, a print-out, a link.
 *
 * @module
 */
import { useState } from "preact/hooks";
import type { Shown } from "../state/asking.ts";
import { t } from "../strings/mod.ts";
import { linkOf } from "../state/permalink.ts";
import type { Question } from "../state/question.ts";
import type { Kind } from "./files.ts";

const kinds: readonly Kind[] = ["svg", "png", "csv", "json", "html"];

/** Renderers are loaded when somebody takes something along. */
const save = async (kind: Kind, shown: Shown): Promise<void> =>
  await (await import("./files.ts")).save(kind, [...shown.explanations, ...shown.changed]);

const copyLink = async (question: Question): Promise<void> =>
  await navigator.clipboard.writeText(new URL(await linkOf(question), document.baseURI).href);

export function TakeAlong({ shown }: { shown: Shown }) {
  const words = t.value.shell, [copied, setCopied] = useState(false);
  return (
    <section class="take-along" aria-label={words.takeAlong}>
      <span class="quiet">{words.takeAlong}</span>
      {kinds.map((kind) => (
        <button key={kind} type="button" onClick={() => void save(kind, shown)}>{words.kinds[kind]}</button>
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
