export * from "./errors.ts";
export * from "./graph/graph.ts";
export * from "./graph/tensor.ts";
export * from "./program/program.ts";
