/**
 * An engine in a process of its own: the server answers while it computes, and what cannot be stopped can be killed.
 * A thread would not do: a model that exhausts memory takes the whole process along.
 *
 * @module
 */
import { fork } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { FromWorker, Port, ToWorker, Worker } from "./messages.ts";

/** V8 keeps less room for objects that live for a moment: an engine's numbers lie in the kernel's memory. */
const SMALL = "--v8-flags=--max-semi-space-size=4";

/** Starts a module that calls {@link parent}. */
export function startProcess(module: URL, args: readonly string[] = []): Worker {
  const child = fork(fileURLToPath(module), [...args], {
    execArgv: "deno" in process.versions ? ["run", "-A", SMALL] : process.execArgv,
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  return {
    post: (message) => void (child.connected && child.send(message, () => {})), // one that is gone is told by `ended`
    listen: (heard) => void child.on("message", (message) => heard(message as FromWorker)),
    ended: new Promise((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
    }),
    kill: () => void child.kill("SIGKILL"),
  };
}

/** The server, as the started module sees it. The module's process ends with the server's. */
export function parent(): Port<ToWorker, FromWorker> {
  process.on("disconnect", () => process.exit(0));
  if (!process.connected) process.exit(0); // the server ended before this process was ready to hear of it
  // Engines were seen to outlive a killed server whose line never closed: the process itself is watched, too.
  const server = process.ppid;
  setInterval(() => {
    if (isGone(server)) process.exit(0);
  }, 1000);
  process.on("SIGINT", () => {}); // Ctrl-C reaches the whole group; the server decides
  return {
    post: (message) => void (process.connected && process.send!(message)),
    listen: (heard) => void process.on("message", (message) => heard(message as ToWorker)),
  };
}

function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0); // asks, and sends nothing
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
