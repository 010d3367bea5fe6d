/**
 * The contract of a plugin: its module's default export maps each explainer id of the manifest to a function.
 *
 * @module
 */
import type { Result, ResultType } from "../result/mod.ts";
import type { Context, Evidence } from "./evidence.ts";

/** Version of this contract; a manifest's `apiVersion` is a semver range over it. */
export const API_VERSION = "1.0.0";

/**
 * Turns evidence into a result. Pure: the same evidence, options and seed give the same result.
 *
 * @typeParam O the options, checked against the manifest's JSON Schema before the call, defaults filled in
 */
export type Explain<O = Readonly<Record<string, unknown>>, T extends ResultType = ResultType> = (
  evidence: Evidence,
  options: O,
  context: Context,
) => Result<T> | Promise<Result<T>>;

/** A plugin's default export. */
export type Plugin = Readonly<Record<string, Explain<never>>>;

/** Types a plugin without changing it. @example export default plugin({ "my-method": ({ tokens }) => … }) */
export const plugin = <P extends Plugin>(explainers: P): P => explainers;
