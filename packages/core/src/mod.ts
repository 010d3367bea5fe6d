export * from "./errors.ts";
export * from "./graph/graph.ts";
export * from "./graph/tensor.ts";
export * from "./program/program.ts";
export { composites, type Composite } from "./lrp/composite.ts";
export { compile, type CompileRequest, type ShapedGraph } from "./compile/mod.ts";
export { MODERN_OPSET, modernise } from "./graph/modern.ts";
export * from "./manifest/mod.ts";
export * from "./plugin/mod.ts";
