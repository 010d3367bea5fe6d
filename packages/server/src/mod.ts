/** The HTTP API. @module */
export { type Archive, openArchive } from "./archive/archive.ts";
export { type AppConfig, createApp, defaultLimits, type Limits } from "./app.ts";
export { type Engine, type OfferedModel, type Progress } from "./engine.ts";
export { folder } from "./folder.ts";
export { listen, type Listening, type ListenOptions } from "./listen.ts";
