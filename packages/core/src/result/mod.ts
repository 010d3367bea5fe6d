/**
 * The explanation schema, version 1, and the request that asks for one.
 *
 * @module
 */
export * from "./data.ts";
export * from "./explanation.ts";
export * from "./parts.ts";
export * from "./request.ts";
export * from "./validate.ts";
export { leaked } from "./consistency.ts";
