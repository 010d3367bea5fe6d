/**
 * What if it said something else? The same text with a change, explained beside it: words are taken out, masked, swapped, or the
 * text is rewritten.
 *
 * @module
 */
import { visible } from "@hyaline/core/render";
import type { Explanation } from "@hyaline/core/result";
import { useEffect, useId, useState } from "preact/hooks";
import { change, part, type Shown } from "../state/asking.ts";
import { engine } from "../state/engines.ts";
import { t } from "../strings/mod.ts";
import { percentIn } from "./quantities.ts";
import { type Piece, piecesOf, without, withWord } from "../state/words.ts";

const PAUSE = 300;

/** Opens it. */
export function AskWhatIf() {
  const text = part.text.value, changed = part.changed.value;
  return changed !== undefined || text.trim() === "" ? null : (
    <p class="what-if">
      <button type="button" onClick={() => change({ changed: text })}>{t.value.shell.whatIf}</button>
    </p>
  );
}

export function WhatIf() {
  const changed = part.changed.value;
  return changed === undefined ? null : <Change text={changed} />;
}

function Change({ text }: { text: string }) {
  const id = useId(), words = t.value.shell, [chosen, choose] = useState<number | undefined>(undefined);
  const mask = useMask(), pieces = piecesOf(text), piece = chosen === undefined ? undefined : pieces[chosen];
  const become = (next: string): void => {
    choose(undefined);
    change({ changed: next });
  };
  return (
    <section class="what-if open" aria-labelledby={`${id}-title`}>
      <h2 id={`${id}-title`}>{words.whatIf}</h2>
      <p class="quiet">{words.whatIfHint}</p>
      <p class="pieces">
        {pieces.map((piece, i) =>
          piece.word
            ? (
              <button
                key={i}
                type="button"
                aria-pressed={i === chosen}
                onClick={() => choose(i === chosen ? undefined : i)}
              >
                {visible(piece.text)}
              </button>
            )
            : piece.text
        )}
      </p>
      {piece ? <WordTools key={`${chosen} ${text}`} {...{ text, piece, mask, become }} /> : null}
      <label for={`${id}-text`} class="quiet">{words.changedText}</label>
      <textarea
        id={`${id}-text`}
        rows={2}
        spellcheck={false}
        value={text}
        onInput={(event) => change({ changed: event.currentTarget.value }, PAUSE)}
      />
      <p>
        <button type="button" onClick={() => change({ text, changed: undefined })}>{words.keepChange}</button>{" "}
        <button type="button" onClick={() => change({ changed: undefined })}>{words.dropChange}</button>
      </p>
    </section>
  );
}

interface ToolsProps {
  readonly text: string;
  readonly piece: Piece;
  readonly mask: string | undefined;
  become(text: string): void;
}

function WordTools({ text, piece, mask, become }: ToolsProps) {
  const id = useId(), words = t.value.shell, [other, write] = useState("");
  return (
    <form
      class="word-tools"
      aria-label={words.wordTools(visible(piece.text))}
      onSubmit={(event) => {
        event.preventDefault();
        if (other.trim()) become(withWord(text, piece, other.trim()));
      }}
    >
      <button type="button" onClick={() => become(without(text, piece))}>{words.remove}</button>
      {mask ? <button type="button" onClick={() => become(withWord(text, piece, mask))}>{words.mask}</button> : null}
      <span class="joined">
        <label for={id} class="unseen">{words.swapFor}</label>
        <input
          id={id}
          autocomplete="off"
          placeholder={words.swapFor}
          value={other}
          onInput={(event) => write(event.currentTarget.value)}
        />
        <button type="submit">{words.swap}</button>
      </span>
    </form>
  );
}

/** What stands for a word taken away, as the model writes it. */
function useMask(): string | undefined {
  const [mask, set] = useState<string | undefined>(undefined), model = part.model.value, asked = engine.value;
  useEffect(() => {
    let here = true;
    asked.mask?.(model).then((found) => here && set(found), () => {});
    return () => {
      here = false;
    };
  }, [model, asked]);
  return mask;
}

/** The answers before and after, in one line. */
export function Shift({ shown }: { shown: Shown }) {
  const before = shown.explanations[0]?.predictions[0], after = shown.changed[0]?.predictions[0];
  if (!before || !after) return null;
  const said = ({ label, index, probability }: Explanation["predictions"][number]): string =>
    `${visible(label ?? `#${index}`)}${probability === undefined ? "" : ` ${percentIn(probability)}`}`;
  return (
    <p class="shift" role="status">
      {t.value.shell.shift(said(before), said(after), before.index === after.index)}
    </p>
  );
}
