/**
 * Downloads from the hub.
 *
 * @module
 */
import { failure, type HyalineError } from "./failure.ts";

/** Something that would have to be downloaded while the network is off. */
export const offlineMiss = (checkpoint: string, path?: string): HyalineError =>
  failure({
    code: "OFFLINE_MISS",
    message: path
      ? `File "${path}" of "${checkpoint}" is not in the cache`
      : `Checkpoint "${checkpoint}" is not in the cache`,
    hint: "Run once without --offline",
  });

/** No answer from the hub. */
export const hubUnreachable = (host: string, cause: unknown): HyalineError =>
  failure({
    code: "HUB_UNREACHABLE",
    message: `Cannot reach "${host}"`,
    hint: "Check the network, or set a mirror; --offline uses what is cached",
    cause,
  });

/** A hub that wants to know who asks. */
export const hubDenied = (checkpoint: string, status: number): HyalineError =>
  failure({
    code: "HUB_DENIED",
    message: `The hub does not give out "${checkpoint}" (status ${status})`,
    hint: "It may not exist, or be private: set HF_TOKEN after accepting its terms",
  });

/** An answer that is no file. */
export const hubStatus = (url: string, status: number): HyalineError =>
  failure({
    code: "HUB_STATUS",
    message: `The hub answered ${status} for "${url}"`,
    hint: "Try again later, or set a mirror",
  });

/** A download that breaks off again and again. */
export const downloadBroken = (url: string, reached: string): HyalineError =>
  failure({
    code: "DOWNLOAD_BROKEN",
    message: `The download of "${url}" keeps breaking off (${reached})`,
    hint: "Run it again: it goes on where it stopped",
  });

/** A download whose digest is not the one that the hub listed. */
export const downloadCorrupt = (path: string, expected: string, found: string): HyalineError =>
  failure({
    code: "DOWNLOAD_CORRUPT",
    message: `File "${path}" arrived damaged: sha256 "${found}" instead of "${expected}"`,
    hint: "Run it again; if it stays so, the mirror holds another file",
  });
