/** What a process that computes for a server needs, without the server. @module */
export { offer } from "./offer.ts";
export { parent } from "./process.ts";
