/** What a rule, a composite, an executor or a plugin is tested with. @module */
export { type Carried, carry, type CarryRequest } from "./carry.ts";
export { type Conformance, conformance, type Finding, pluginCases, tap } from "./conformance.ts";
export { type Books, conservation } from "./conservation.ts";
export { equivalence } from "./equivalence.ts";
export { type Difference, gradcheck } from "./gradcheck.ts";
export { lattice, randomNumbers, signs } from "./numbers.ts";
export { type RuleCases, ruleTester } from "./rule_tester.ts";
export { type Sketch, sketch, type SketchNode, tensor } from "./sketch.ts";
export { Trial } from "./trial.ts";
