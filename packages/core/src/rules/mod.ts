/** The rule table: how a cotangent crosses each operator. One file a family. @module */
import { convolution } from "./convolution.ts";
import { elementwise } from "./elementwise.ts";
import { gather } from "./gather.ts";
import { linear } from "./linear.ts";
import { movement } from "./movement.ts";
import { normalization } from "./normalization.ts";
import { recurrent } from "./recurrent.ts";
import { reduce } from "./reduce.ts";
import { ruleTable } from "./rule.ts";
import { scatter } from "./scatter.ts";
import { transcendental } from "./transcendental.ts";

export type { OpRule, RuleContext, Vjp } from "./rule.ts";
export const rules = ruleTable([
  ...[elementwise, transcendental, linear, movement, gather, scatter],
  ...[reduce, normalization, convolution, recurrent],
]);
