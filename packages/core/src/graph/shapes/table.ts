/**
 * All shape rules by operator.
 *
 * @module
 */
import { attention } from "./attention.ts";
import { convolutions } from "./convolution.ts";
import { creation } from "./creation.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import { linear } from "./linear.ts";
import { microsoft } from "./microsoft.ts";
import { movement } from "./movement.ts";
import { normalization } from "./normalization.ts";
import { quantised } from "./quantised.ts";
import { recurrents } from "./recurrent.ts";
import { reductions } from "./reduction.ts";
import type { ShapeRule } from "./site.ts";

/** `Op` or `domain.Op` → its rule. To add one, write an entry in the file of its family. */
export const shapeRules: ReadonlyMap<string, ShapeRule> = new Map(
  [
    ...[elementwise, movement, indexing, creation, reductions, linear],
    ...[convolutions, normalization, quantised, recurrents, attention, microsoft],
  ].flat().map((rule) => [rule.op, rule]),
);
