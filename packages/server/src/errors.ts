/**
 * Failures as HTTP answers: the body is the failure's own JSON, the status says whose turn it is.
 *
 * @module
 */
import { failure, HyalineError } from "@hyaline/core/errors";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** By code; everything else a request can cause is 422, and what Hyaline itself got wrong is 500. */
const STATUS: Readonly<Record<string, ContentfulStatusCode>> = {
  INVALID_REQUEST: 400,
  MALFORMED_BODY: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  UNKNOWN_MODEL: 404,
  UNKNOWN_METHOD: 404,
  UNKNOWN_RESULT: 404,
  UNKNOWN_JOB: 404,
  UNKNOWN_RUN: 404,
  NOTHING_KEPT: 501,
  ARCHIVE_FULL: 507,
  FOREIGN_HOST: 421,
  FOREIGN_ORIGIN: 403,
  BODY_TOO_LARGE: 413,
  BODY_TYPE: 415,
  BUSY: 429,
  WORKER_LOST: 503,
  STOPPING: 503,
  CANCELLED: 499 as ContentfulStatusCode, // for the log: whoever asked has gone
  DEADLINE: 504,
  MEMORY_FULL: 507,
  INTERNAL: 500,
};

/** The status a failure is answered with. */
export const statusOf = (error: HyalineError): ContentfulStatusCode => STATUS[error.code] ?? 422;

/** Anything thrown, as a failure; what nobody foresaw tells the client nothing of the inside. */
export function asFailure(error: unknown): HyalineError {
  if (error instanceof HyalineError) return error;
  if (error instanceof HTTPException && error.status === 400) return malformedBody();
  if (error instanceof DOMException && error.name === "TimeoutError") return deadline();
  if (error instanceof DOMException && error.name === "AbortError") return cancelled();
  return failure({
    code: "INTERNAL",
    message: "The server failed on this request",
    hint: "Its log tells more under the request's id",
    cause: error,
  });
}

/** The form of refusals in the protocol that a path belongs to: our own, KServe's, or TorchServe's. */
export const formOf = (path: string): "Problem" | "InferenceProblem" | "TorchServeProblem" =>
  /^\/v[12](\/|$)/.test(path)
    ? "InferenceProblem"
    : /^\/(predictions|explanations)\//.test(path)
    ? "TorchServeProblem"
    : "Problem";

/** A failure as the protocol of the path words it. */
export function wordedFor(path: string, error: HyalineError): Record<string, unknown> {
  const { code, message, hint } = error.toJSON(), form = formOf(path);
  if (form === "InferenceProblem") return { error: hint ? `${message}. ${hint}` : message, code };
  if (form === "TorchServeProblem") return { code: statusOf(error), type: code, message, ...(hint ? { hint } : {}) };
  return { code, message, ...(hint ? { hint } : {}) };
}

/** Why a signal was aborted, as an error: not everybody who aborts gives one. */
export const reasonOf = ({ reason }: AbortSignal): Error => reason instanceof Error ? reason : cancelled();

export const cancelled = (): HyalineError =>
  failure({ code: "CANCELLED", message: "The request was cancelled", hint: "Send it again" });
export const deadline = (): HyalineError =>
  failure({
    code: "DEADLINE",
    message: "The request took longer than the server allows",
    hint: "Ask for fewer methods or a shorter text",
  });
/** A server that has enough to do, and the seconds after which to come again. */
export class Busy extends HyalineError {
  readonly seconds: number;
  constructor(message: string, seconds: number) {
    super({ code: "BUSY", message, hint: "Try again after the seconds in Retry-After" });
    this.seconds = seconds;
  }
}
export const busy = (waiting: number, seconds: number): HyalineError =>
  new Busy(`The server is busy: ${waiting} requests are waiting`, seconds);
export const stopped = (): HyalineError =>
  failure({ code: "STOPPING", message: "The server is stopping", hint: "Ask another, or this one when it is back" });
export const workerLost = (why: string): HyalineError =>
  failure({
    code: "WORKER_LOST",
    message: `What computes for this server ended (${why}) and is started again`,
    hint: "Try again in a moment; if it happens each time, this request takes more memory than there is",
  });
export const tooManyMethods = (count: number, most: number): HyalineError =>
  failure({
    code: "TOO_MANY_METHODS",
    message: `The request has ${count} methods, this server takes ${most}`,
    hint: "Send several requests",
  });
export const batchTooLarge = (count: number, most: number): HyalineError =>
  failure({
    code: "BATCH_TOO_LARGE",
    message: `The batch has ${count} requests, this server takes ${most}`,
    hint: "Send several batches, or a job: POST /api/v1/jobs",
  });
export const bodyTooLarge = (limit: number): HyalineError =>
  failure({
    code: "BODY_TOO_LARGE",
    message: `The body is larger than ${limit} bytes`,
    hint: "Send fewer or shorter texts",
  });
export const bodyType = (type: string): HyalineError =>
  failure({ code: "BODY_TYPE", message: `The body has the type "${type}"`, hint: "Send application/json" });
export const malformedBody = (): HyalineError =>
  failure({ code: "MALFORMED_BODY", message: "The body is not JSON", hint: "See /openapi.json" });
export const unknownModel = (name: string, offered: readonly string[]): HyalineError =>
  failure({
    code: "UNKNOWN_MODEL",
    message: `This server has no model "${name}"`,
    hint: `It has ${offered.join(", ")}`,
  });
export const foreignHost = (host: string): HyalineError =>
  failure({
    code: "FOREIGN_HOST",
    message: `This server does not answer to the host "${host}"`,
    hint: "Start it with --host-name to allow one",
  });
export const foreignOrigin = (origin: string): HyalineError =>
  failure({
    code: "FOREIGN_ORIGIN",
    message: `Pages of "${origin}" may not use this server`,
    hint: "Start it with --origin to allow one",
  });
