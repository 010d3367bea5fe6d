/**
 * The API as a value: tests ask it with `app.request()`, Deno and Node serve `app.fetch`.
 *
 * @module
 */
import type { Archive } from "./archive/archive.ts";
import type { Engine, OfferedModel } from "./engine.ts";
import type { PageFile } from "./folder.ts";
import { crash, journal, type Log } from "./journal.ts";
import { metrics } from "./metrics.ts";
import { page } from "./page.ts";
import { requestId } from "hono/request-id";
import { auth } from "./auth.ts";
import { asFailure, Busy, statusOf, wordedFor } from "./errors.ts";
import { bodies, borders } from "./gate.ts";
import { type KeyRecord, type Scope, scopes } from "./keys.ts";
import { keeping, type Kept } from "./kept.ts";
import { Queue } from "./queue.ts";
import type { Run } from "./run.ts";
import { documentRoutes } from "./routes/documents.ts";
import { explainRoutes } from "./routes/explain.ts";
import { healthRoutes } from "./routes/health.ts";
import { jobRoutes } from "./routes/jobs.ts";
import { kserveRoutes } from "./routes/kserve.ts";
import { methodRoutes } from "./routes/methods.ts";
import { modelRoutes } from "./routes/models.ts";
import { openInferenceRoutes } from "./routes/open_inference.ts";
import { pluginRoutes } from "./routes/plugins.ts";
import { router } from "./routes/problem.ts";
import { resultRoutes } from "./routes/results.ts";
import { runRoutes } from "./routes/runs.ts";
import { tokeniseRoutes } from "./routes/tokenise.ts";
import { torchserveRoutes } from "./routes/torchserve.ts";

export interface Limits {
  readonly bodyBytes: number;
  /** Characters of one text. */
  readonly characters: number;
  /** Requests that may wait for their turn. */
  readonly queue: number;
  /** Milliseconds a request may take, waiting included. */
  readonly deadline: number;
  /** Token ids of one input. */
  readonly tokens: number;
  /** Methods of one request. */
  readonly methods: number;
  /** Requests in one batch. */
  readonly batch: number;
}

export const defaultLimits: Limits = {
  bodyBytes: 2 * 1024 * 1024,
  characters: 20_000,
  queue: 64,
  deadline: 120_000,
  tokens: 4096,
  methods: 32,
  batch: 32,
};

export interface AppConfig {
  readonly engine: Engine;
  readonly models: readonly OfferedModel[];
  readonly version: string;
  /** Where results and jobs are kept; without one nothing is. */
  readonly archive?: Archive;
  /** Aborted when the server stops taking requests: jobs pause, streams end. */
  readonly stopping?: AbortSignal;
  readonly hosts?: readonly string[];
  readonly origins?: readonly string[];
  readonly limits?: Partial<Limits>;
  readonly keys?: readonly KeyRecord[];
  /** What is allowed without a key: everything unless said. */
  readonly anonymous?: readonly Scope[];
  /** Requests a minute for each key, and for each address without one. */
  readonly perMinute?: number | undefined;
  /** Whether a proxy stands in front that sets X-Forwarded-For. */
  readonly proxied?: boolean;
  /** A file of the page by its path, if it is there. */
  page?(path: string): Promise<PageFile | undefined>;
  readonly log?: Log;
}

/** What routes share. */
export interface Deps {
  readonly config: AppConfig;
  readonly limits: Limits;
  readonly queue: Queue;
  /** Those that can be come back to. */
  readonly runs: Map<string, Run>;
  readonly stopping: AbortSignal;
  /** Where there is an archive. */
  readonly kept?: Kept;
}

/** Every route; their types are the typed client's. */
const routes = (deps: Deps) =>
  router()
    .route("/", healthRoutes(deps))
    .route("/", methodRoutes(deps))
    .route("/", modelRoutes(deps))
    .route("/", pluginRoutes(deps))
    .route("/", tokeniseRoutes(deps))
    .route("/", explainRoutes(deps))
    .route("/", runRoutes(deps))
    .route("/", resultRoutes(deps))
    .route("/", jobRoutes(deps))
    .route("/", kserveRoutes(deps))
    .route("/", openInferenceRoutes(deps))
    .route("/", torchserveRoutes(deps));

/** The API's type, for clients. */
export type Api = ReturnType<typeof routes>;

/** Builds the API. */
export function createApp(config: AppConfig): ReturnType<typeof router> {
  const limits = { ...defaultLimits, ...config.limits },
    stopping = config.stopping ?? new AbortController().signal,
    shared = { config, limits, queue: new Queue(limits.queue), runs: new Map<string, Run>(), stopping },
    deps: Deps = { ...shared, ...(config.archive ? { kept: keeping(config.archive, shared) } : {}) };
  const gate = { hosts: config.hosts ?? [], origins: config.origins ?? [], bodyBytes: limits.bodyBytes },
    app = router(),
    log = config.log ?? (() => {}),
    counted = metrics(deps);
  app.onError((error, c) => {
    const known = asFailure(error), status = statusOf(known);
    if (status === 500) crash(log, c, error);
    if (status === 401) c.header("www-authenticate", "Bearer");
    if (known instanceof Busy) c.header("retry-after", String(known.seconds));
    return c.json(wordedFor(c.req.path, known), status);
  });
  app.notFound((c) =>
    c.json({
      code: "NOT_FOUND",
      message: `There is nothing at "${new URL(c.req.url).pathname}"`,
      hint: "See /openapi.json",
    }, 404)
  );
  app.use(requestId(), journal(log), counted.count);
  app.use(async (c, next) => {
    await next();
    if (stopping.aborted) c.header("connection", "close"); // else a client that keeps its connection keeps the server
  });
  const { keys = [], anonymous = scopes, perMinute, proxied = false } = config;
  app.use(borders(gate), auth({ keys, anonymous, perMinute, proxied }), ...bodies(gate));
  app.route("/", routes(deps));
  documentRoutes(app, config.version);
  app.get(
    "/metrics",
    async (c) => c.text(await counted.registry.metrics(), 200, { "content-type": counted.registry.contentType }),
  );
  if (config.page) app.get("*", page(config.page));
  return app;
}
