/** A server as its own process, on the embedded models and a free port. */
import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../packages/cli/src/main.ts", import.meta.url));

/** Whether this runtime can start one: Node runs no TypeScript across packages. */
export const canServe = "deno" in process.versions;

export interface Serving {
  readonly url: string;
  readonly child: ChildProcess;
  /** Sends a signal and waits for the end of the server and of what it started, which holds its standard error open. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts `hyaline serve` and waits until it says its address. */
export async function serving(flags: readonly string[] = []): Promise<Serving> {
  const child = spawn(process.execPath, ["run", "-A", main, "serve", "--port", "0", ...flags], {
    env: { ...process.env, XDG_CONFIG_HOME: "/nonexistent" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let said = "";
  const url = await new Promise<string>((resolve, reject) => {
    child.stderr!.on("data", (chunk) => (said += chunk));
    child.stdout!.on("data", (chunk) => {
      const address = /http:\/\/\S+/.exec(said += chunk);
      if (address) resolve(address[0]);
    });
    child.once("close", (code) => reject(new Error(`The server ended with ${code}: ${said}`)));
  });
  return {
    url,
    child,
    async end(signal = "SIGTERM") {
      child.kill(signal);
      const late = new Promise((_, reject) =>
        setTimeout(reject, 30_000, new Error("A process of the server lives on")).unref()
      );
      await Promise.race([ended, late]);
    },
  };
}

/** A body as the API takes it. */
export const json = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
