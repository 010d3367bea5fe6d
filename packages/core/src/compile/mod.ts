/** The relevance compiler. @module */
export { type ShapedGraph } from "./analysis.ts";
export { compile, type CompileRequest } from "./compile.ts";
export { SEED } from "./finished.ts";
export { compileForward } from "./forward.ts";
