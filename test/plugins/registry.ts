/**
 * An npm registry on this machine: what `npm publish` and `npm pack` ask of one, and nothing else.
 *
 * @module
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

export interface Registry {
  readonly url: string;
  /** Changes the bytes of a tarball after its digest was taken. */
  tamper(file: string): void;
  close(): void;
}

/** What `npm publish` sends: the package's document, with its archive as an attachment. */
interface Published {
  readonly name: string;
  readonly versions: Record<string, { dist: { tarball: string } }>;
  readonly _attachments: Record<string, { data: string }>;
}

/** Starts an empty one. */
export async function registry(): Promise<Registry> {
  const documents = new Map<string, Published>(), archives = new Map<string, Uint8Array<ArrayBuffer>>();
  const answer = async (request: IncomingMessage): Promise<[number, unknown]> => {
    const path = decodeURIComponent(request.url ?? "/").slice(1), document = documents.get(path);
    if (request.method === "PUT") {
      const { _attachments, ...published } = JSON.parse(String(await buffer(request))) as Published;
      documents.set(path, { ...published, _attachments: {} });
      for (const [name, { data }] of Object.entries(_attachments)) {
        archives.set(
          name,
          Uint8Array.from(atob(data), (c) => c.charCodeAt(0)),
        );
      }
      return [201, { ok: true }];
    }
    const archive = archives.get(path.slice(path.lastIndexOf("/") + 1));
    return document ? [200, document] : archive ? [200, archive] : [404, { error: "not found" }];
  };
  const server = createServer((request, response) =>
    void answer(request).then(([status, body]) =>
      response.writeHead(status, {
        "content-type": body instanceof Uint8Array ? "application/octet-stream" : "application/json",
      })
        .end(body instanceof Uint8Array ? body : JSON.stringify(body))
    )
  );
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    tamper: (file) => void (archives.get(file)![100]! ^= 1),
    close: () => void server.close(),
  };
}
