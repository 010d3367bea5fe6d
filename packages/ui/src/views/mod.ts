/**
 * Views: an explanation in, a picture out. `Result` shows everything that was asked in one go; the others are its parts.
 *
 * @module
 */
import "../theme.css";
import "./views.css";

export { Answers } from "./answers.tsx";
export { Architecture } from "./architecture.tsx";
export { Comparison } from "./comparison.tsx";
export { type Method } from "./method.ts";
export { Result, type ResultProps } from "./result.tsx";
export { Trust } from "./trust.tsx";
export { View, type ViewProps } from "./view.tsx";
