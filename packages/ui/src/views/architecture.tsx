/**
 * The model as the textbook draws it, with its own numbers: blocks from the text at the bottom to the answer at the top. Layers that are
 * built alike stand once; where relevance is known, a table beside them says how much of it went through each block and past it.
 *
 * @module
 */
import { visible } from "@hyaline/core/render";
import type { Architecture as Built, Block } from "@hyaline/core";
import type { ExplanationOf } from "@hyaline/core/result";
import { language, say, t } from "../strings/mod.ts";
import { ByBlock } from "./by_block.tsx";

interface ArchitectureProps {
  /** Blocks of each source, as an inspection tells them. */
  readonly built: readonly Built[];
  /** Scores of `[row, token]` at sub-layers or hidden states, from whatever method gave them. */
  readonly relevance?: ExplanationOf<"layer-head-grid"> | undefined;
  /** Classes the model tells apart. */
  readonly labels?: readonly string[] | undefined;
}

/** Layers built alike, from the bottom up. */
interface Run {
  readonly blocks: readonly Block[];
  readonly first: number;
  readonly last: number;
}

/** 592128 → "592 k". */
export function short(count: number): string {
  const unit = count >= 999_500 ? [1e6, " M"] as const : count >= 1000 ? [1e3, " k"] as const : [1, ""] as const;
  const value = count / unit[0];
  return `${value >= 100 || unit[0] === 1 ? value.toFixed(0) : value.toPrecision(3)}${unit[1]}`;
}

const shapeOf = (blocks: readonly Block[]): string =>
  JSON.stringify(blocks.map(({ layer: _, parameters, ...block }) => ({ ...block, size: parameters.toPrecision(2) })));

function runsOf({ blocks, layers }: Built): Run[] {
  const runs: Run[] = [];
  for (let layer = 0; layer <= layers + 1; layer++) {
    const own = blocks.filter((block) => block.layer === layer), before = runs.at(-1);
    if (own.length === 0) continue;
    if (before && layer <= layers && before.first > 0 && shapeOf(before.blocks) === shapeOf(own)) {
      runs[runs.length - 1] = { ...before, last: layer };
    } else runs.push({ blocks: own, first: layer, last: layer });
  }
  return runs;
}

/** A block's sizes in words: "12 heads × 32", "384 → 1,536 → 384". */
function sizeOf({ kind, heads, headWidth, inner, width }: Block): string {
  const number = (n: number) => n.toLocaleString("en"), words = t.value.views;
  if (heads && headWidth) return words.headsOf(number(heads), number(headWidth));
  if (kind === "head") return words.outputs(number(width));
  return inner ? `${number(width)} → ${number(inner)} → ${number(width)}` : words.wide(number(width));
}

export function Architecture({ built, relevance, labels }: ArchitectureProps) {
  const words = t.value.views;
  return (
    <section class="architecture" aria-label={words.architecture}>
      <h2>{words.architecture}</h2>
      <p class="quiet">{words.architectureHint}</p>
      <div class="towers">
        {built.map((tower) => (
          <div key={tower.source} class="tower">
            <p class="end">
              {labels
                ? labels.map((label) => visible(label)).join(language.value === "zh" ? "、" : ", ")
                : words.answer}
            </p>
            <ol reversed>
              {runsOf(tower).toReversed().map((run) => <Layer key={run.first} run={run} layers={tower.layers} />)}
            </ol>
            <p class="end">
              {built.length > 1 ? say.value.sources[tower.source] ?? visible(tower.source) : words.yourText}
            </p>
            <p class="quiet">{words.parametersIn(short(tower.parameters))}</p>
          </div>
        ))}
        {relevance ? <ByBlock explanation={relevance} /> : null}
      </div>
    </section>
  );
}

function Layer({ run: { blocks, first, last }, layers }: { run: Run; layers: number }) {
  const words = t.value.views,
    name = first === 0 || first > layers
      ? undefined
      : first === last
      ? `${say.value.layer} ${first}`
      : `${say.value.layer} ${first} – ${last}`;
  return (
    <li class={name ? "layer" : ""}>
      {name ? <h3>{name}{last > first ? <small class="quiet">{` × ${last - first + 1}`}</small> : null}</h3> : null}
      {blocks.toReversed().map((block) => (
        <div key={block.kind} class={`block ${block.kind}`}>
          <b>{words.blocks[block.kind]}</b>
          <span>{sizeOf(block)}</span>
          <span class="quiet">
            {block.functions.map((name) => words.functions[name as keyof typeof words.functions] ?? name).join(" · ")}
          </span>
          <span class="quiet">{words.parametersIn(short(block.parameters))}</span>
          {block.heads ? <i class="head-marks" style={{ "--heads": `${block.heads}` }} aria-hidden="true" /> : null}
        </div>
      ))}
    </li>
  );
}
