/** The HTTP API. @module */
export { type Archive, openArchive } from "./archive/archive.ts";
export { type AppConfig, createApp, defaultLimits, type Limits } from "./app.ts";
export { type Engine, type ModelChoice, type OfferedModel, type Prediction, type Progress } from "./engine.ts";
export { folder } from "./folder.ts";
export { type KeyRecord, newKey, parseKeys, type Scope, scopes, sha256 } from "./keys.ts";
export { listen, type Listening, type ListenOptions } from "./listen.ts";
export { startProcess } from "./worker/process.ts";
export { RemoteEngine, type RemoteOptions } from "./worker/remote.ts";
