/** What a plugin's author needs: the contract, and nothing of the engine. @module */
export * from "./evidence.ts";
export * from "./explainer.ts";
export { type Need } from "./need.ts";
export type { Check, Ledger, Result, ResultType, Target, Token } from "../result/mod.ts";
