/** The relevance compiler. @module */
export { type ShapedGraph } from "./analysis.ts";
export { compile, type CompileRequest, SEED } from "./compile.ts";
export { compileForward } from "./forward.ts";
