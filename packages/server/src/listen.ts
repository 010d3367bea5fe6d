/**
 * Serves an app over HTTP, in Deno and in Node alike.
 *
 * @module
 */
import { serve } from "@hono/node-server";
import { failure } from "@hyaline/core/errors";
import type { AddressInfo } from "node:net";

export interface ListenOptions {
  /** 0 takes any free one. */
  readonly port: number;
  readonly host: string;
}

export interface Listening {
  readonly port: number;
  /** Takes no new requests and resolves when those under way have ended. */
  close(): Promise<void>;
}

/** @throws PORT_TAKEN */
export function listen(
  fetch: (request: Request, env: object) => Response | Promise<Response>,
  { port, host }: ListenOptions,
): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, port, hostname: host }, (info: AddressInfo) =>
      resolve({
        port: info.port,
        close: () => new Promise((done, failed) => server.close((error?: Error) => (error ? failed(error) : done()))),
      }));
    server.once(
      "error",
      (cause: NodeJS.ErrnoException) =>
        reject(
          cause.code === "EADDRINUSE"
            ? failure({
              code: "PORT_TAKEN",
              message: `Port ${port} is taken`,
              hint: "Choose another: PORT=8081 or --port 8081",
              cause,
            })
            : cause,
        ),
    );
  });
}
