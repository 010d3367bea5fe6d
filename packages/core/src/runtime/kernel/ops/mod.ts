import { attentions } from "./attention.ts";
import { elementwise } from "./elementwise.ts";
import { gathering } from "./gather.ts";
import { linear } from "./linear.ts";
import type { Lower } from "./lower.ts";
import { movement } from "./movement.ts";
import { quantised } from "./quantised.ts";
import { rounding } from "./rounding.ts";
import { rowwise } from "./rows.ts";

/** What the kernel computes itself, by operator. */
export const lowerings: ReadonlyMap<string, Lower> = new Map(
  Object.entries({
    ...elementwise,
    ...linear,
    ...attentions,
    ...quantised,
    ...rounding,
    ...movement,
    ...gathering,
    ...rowwise,
  }),
);

/** Their names. */
export const lowered: ReadonlySet<string> = new Set(lowerings.keys());
