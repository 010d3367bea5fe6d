/**
 * The process that computes for `hyaline serve`.
 *
 * @module
 */
import { offer, parent } from "@hyaline/server/worker";
import { openEngine } from "./open.ts";

offer(await openEngine({ offline: true }), parent());
