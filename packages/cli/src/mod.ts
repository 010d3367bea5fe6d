export { type Engine, type EngineOptions, type OpenEngine, type Progress } from "./engine.ts";
export { type Io, processIo, type Sink } from "./io.ts";
export { run } from "./program.ts";
