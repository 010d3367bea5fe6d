/**
 * What runs in the sandbox's process: frames on standard input and output, the plugin's module as the one argument.
 *
 * @module
 */
import { serve } from "./guest.ts";
import type { Port } from "./message.ts";
import { framed, unframer } from "./stream.ts";

const { stdin, stdout, args, exit } = Deno;

/** Writes all of it, in order, before anything else runs. */
function write(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += stdout.writeSync(bytes.subarray(at));
}

const port: Port = { send: (frame) => write(framed(frame)), onframe: () => {} };
// Standard output is the line to the host: what a plugin prints would break it.
for (const name of ["log", "info", "debug"] as const) console[name] = console.error;
// A promise nobody waits for is no reason to end.
globalThis.addEventListener("unhandledrejection", (event) => event.preventDefault());
serve(port, () => import(args[0]!));
const frames = unframer(2 ** 31);
for await (const piece of stdin.readable) for (const frame of frames(piece)) port.onframe(frame);
exit(0); // the host has gone
