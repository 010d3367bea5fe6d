/** Where a stranger's code runs. The half that every engine has; processes are in `@hyaline/core/node`. @module */
export { type Frame, FRAME_SCRIPT, type FrameOptions, openFrame, portLine } from "./frame_element.ts";
export { decode, encode } from "./frame.ts";
export { LIMITS, type Limits, type Line, Sandbox } from "./host.ts";
export type { FromPlugin, Port, ToPlugin } from "./message.ts";
