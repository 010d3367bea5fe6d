/**
 * Every message Hyaline can end with. Each function returns the failure; the caller throws it.
 * Tests match the code, people read the message and the hint; CLI, API and UI print the same ones.
 *
 * @module
 */
export * from "./errors/checkpoints.ts";
export * from "./errors/explainers.ts";
export * from "./errors/failure.ts";
export * from "./errors/hub.ts";
export * from "./errors/kernel.ts";
export * from "./errors/onnx.ts";
export * from "./errors/operators.ts";
export * from "./errors/plugins.ts";
export * from "./errors/requests.ts";
