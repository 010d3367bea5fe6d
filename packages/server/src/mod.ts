/** The HTTP API. @module */
export { type AppConfig, createApp, defaultLimits, type Limits } from "./app.ts";
export { type Engine } from "./engine.ts";
