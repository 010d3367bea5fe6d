/**
 * The text itself, each piece coloured by its score, with a sign that needs no colour. Pointing and arrow keys read the numbers;
 * choosing a word shows what it was paired with.
 *
 * @module
 */
import {
  decimalsFor,
  nameOf,
  percent,
  plain,
  scaleOf,
  type Unit,
  unitsOf,
  visible,
  withSign,
} from "@hyaline/core/render";
import type { ExplanationOf } from "@hyaline/core/result";
import { useId, useState } from "preact/hooks";
import { say, t } from "../strings/mod.ts";
import { Legend } from "./legend.tsx";
import type { Pairs } from "./pairs.ts";
import { paragraphsOf } from "./running_text.ts";
import { useStops } from "./stops.ts";
import { tint } from "./tint.ts";

type TokenScores = ExplanationOf<"token-scores">;

interface TokensProps {
  readonly explanation: TokenScores;
  /** Scores between tokens, from whatever method gave them. */
  readonly pairs?: Pairs | undefined;
  /** Asks for pairs where there are none yet. */
  readonly onPairs?: (() => void) | undefined;
}

/** How a unit's number is written: with its sign where the method has one, and as exact as the strongest needs. */
export function writerOf(explanation: TokenScores): (score: number) => string {
  const decimals = Math.min(6, decimalsFor(scaleOf(unitsOf(explanation))));
  return (score) => (explanation.signed ? withSign : plain)(score, decimals);
}

/** In words: speaks for, against, or bears on the target. */
function sense({ signed, target }: TokenScores, score: number, scale: number): string {
  const label = say.value.quoted(visible(nameOf(target))),
    { speaksFor, speaksAgainst, bearsOn, nothing } = t.value.views;
  if (Math.abs(score) < 0.005 * scale) return nothing;
  return !signed ? bearsOn(label) : score > 0 ? speaksFor(label) : speaksAgainst(label);
}

/** Whether an estimate may as well be nothing, or of the other sign. */
const isUnsure = ({ score, within }: Unit): boolean => within !== undefined && within > 0 && within >= Math.abs(score);

/** Of each unit: the mean row of the chosen unit's tokens, summed over the unit's own. */
function pairScores(pairs: Pairs, units: readonly Unit[], chosen: Unit): number[] {
  return units.map(({ tokens }) =>
    chosen.tokens.reduce((sum, from) => sum + tokens.reduce((own, to) => own + pairs.at(from, to), 0), 0) /
    chosen.tokens.length
  );
}

export function TokensView({ explanation, pairs, onPairs }: TokensProps) {
  const units = unitsOf(explanation), write = writerOf(explanation), words = t.value.views;
  const [pointed, point] = useState<number | undefined>(), [chosen, choose] = useState<number | undefined>();
  const [numbers, showNumbers] = useState(false);
  const { container, stop } = useStops<HTMLDivElement>(units.length), id = useId();
  const pinned = chosen === undefined ? undefined : units[chosen],
    paired = pairs && pinned && pairScores(pairs, units, pinned);
  const drawn = paired ? units.map((unit, i) => ({ ...unit, score: paired[i]! })) : units, scale = scaleOf(drawn);
  const writePair = (score: number): string => plain(score, Math.min(6, decimalsFor(scale)));
  const number = paired ? writePair : write, signed = paired ? pairs.from.signed : explanation.signed;
  const choosable = Boolean(pairs || onPairs);
  const toggle = (i: number): void => {
    if (!choosable) return;
    choose(i === chosen ? undefined : i);
    if (!pairs) onPairs?.();
  };
  return (
    <div class="tokens">
      <div
        {...container}
        class={numbers ? "text numbered" : "text"}
        role="group"
        aria-label={paired ? words.pairsOf(visible(pinned.text)) : words.textWithScores}
        aria-describedby={`${id}-hint`}
        onPointerLeave={() => point(undefined)}
        onBlurCapture={() => point(undefined)}
      >
        {paragraphsOf(explanation, drawn).map(({ name, pieces }) => (
          <p key={name} dir="auto">
            {name === undefined ? null : <span class="source">{say.value.sources[name] ?? visible(name)}</span>}
            {pieces.map(({ unit, i, gap }) => {
              const share = unit.score / scale, told = number(unit.score), { onFocus, ...focus } = stop(i);
              return [
                gap,
                <span
                  {...focus}
                  key={i}
                  class={`piece${unit.special ? " special" : ""}${i === chosen ? " chosen" : ""}${
                    !paired && isUnsure(unit) ? " unsure" : ""
                  }`}
                  style={tint(share) ?? {}}
                  data-mark={numbers ? told : signed && tint(share) ? (share > 0 ? "+" : "−") : undefined}
                  role={choosable ? "button" : "img"}
                  {...(choosable ? { "aria-pressed": i === chosen } : {})}
                  aria-label={`${visible(unit.text)}: ${told}, ${
                    paired ? words.pairsFrom(pairs.from.method.id) : sense(explanation, unit.score, scale)
                  }`}
                  onPointerEnter={() => point(i)}
                  onFocus={() => {
                    onFocus();
                    point(i);
                  }}
                  onClick={() => toggle(i)}
                  onKeyDown={(event) => {
                    if (event.key === "Enter" || event.key === " ") {
                      event.preventDefault();
                      toggle(i);
                    } else if (event.key === "Escape") choose(undefined);
                  }}
                >
                  {visible(unit.text)}
                </span>,
              ];
            })}
          </p>
        ))}
      </div>
      <p class="unseen" id={`${id}-hint`}>{choosable ? words.hint : words.hintPlain}</p>
      <p class="readout" aria-hidden="true">
        {pointed === undefined
          ? <span class="quiet">{choosable ? words.hint : words.hintPlain}</span>
          : <Readout unit={drawn[pointed]!} {...{ explanation, scale, number }} paired={Boolean(paired)} />}
      </p>
      {units.some(isUnsure) ? <p class="quiet">{words.unsureHint}</p> : null}
      {pinned && !paired ? <p class="quiet">{words.noPairs}</p> : null}
      {paired
        ? (
          <div class="paired">
            <h4>{words.pairsOf(visible(pinned.text))}</h4>
            <ol>
              {drawn.map(({ text, score }, i) => ({ text, score, i })).sort((a, b) =>
                Math.abs(b.score) - Math.abs(a.score)
              )
                .slice(0, 5).map(({ text, score, i }) => (
                  <li key={i}>
                    <span class="word">{visible(text)}</span> <b>{writePair(score)}</b>
                  </li>
                ))}
            </ol>
            <p class="quiet">
              {words.pairsFrom(pairs.from.method.id)}.{" "}
              <button type="button" class="link" onClick={() => choose(undefined)}>{words.unpin}</button>
            </p>
          </div>
        )
        : null}
      <div class="foot">
        <Legend signed={signed} />
        <label>
          <input type="checkbox" checked={numbers} onChange={(event) => showNumbers(event.currentTarget.checked)} />
          {" "}
          {words.numbers}
        </label>
      </div>
    </div>
  );
}

interface ReadoutProps {
  readonly unit: Unit;
  readonly explanation: TokenScores;
  readonly scale: number;
  readonly number: (score: number) => string;
  readonly paired: boolean;
}

/** One piece in numbers: its score, how far it may be off, what it means, and its share. */
function Readout({ unit, explanation, scale, number, paired }: ReadoutProps) {
  const { score, within, text } = unit, words = t.value.views, { value } = explanation.target;
  const additive = explanation.signed && explanation.data.join === "sum" && explanation.diagnostics.ledger;
  return (
    <>
      <span class="word">{visible(text)}</span> <b>{number(score)}</b>
      {within ? ` ± ${plain(within, decimalsFor(scale))}` : ""}
      {!paired && isUnsure(unit) ? `, ${words.unsure}` : ""} {paired ? "" : ` ${sense(explanation, score, scale)} · `}
      {!paired && additive && value !== 0
        ? words.share(percent(score / value).replace("-", "−"))
        : words.ofStrongest(percent(Math.abs(score / scale)))}
    </>
  );
}
