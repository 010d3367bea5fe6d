/**
 * What runs in the sandbox's process: frames on standard input and output, the plugin's module as the one argument.
 *
 * @module
 */
import { serve } from "./guest.ts";
import type { Port } from "./message.ts";

const { stdin, stdout, args, exit } = Deno;

/** Writes all of it, in order, before anything else runs. */
function write(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += stdout.writeSync(bytes.subarray(at));
}

/**
 * The next frame. Waits for its length without stopping the plugin; the rest is on its way by then and is read at one go, in a third of the
 * time that waiting for each piece takes.
 */
async function next(): Promise<Uint8Array | undefined> {
  const length = new Uint8Array(4);
  for (let at = 0, n; at < 4; at += n) if (!(n = await stdin.read(length.subarray(at)) ?? 0)) return undefined;
  const frame = new Uint8Array(new DataView(length.buffer).getUint32(0, true));
  frame.set(length);
  for (let at = 4, n; at < frame.length; at += n) if (!(n = stdin.readSync(frame.subarray(at)) ?? 0)) return undefined;
  return frame;
}

const port: Port = { send: (frame) => write(frame), onframe: () => {} };
// Standard output is the line to the host: what a plugin prints would break it.
for (const name of ["log", "info", "debug"] as const) console[name] = console.error;
// A promise nobody waits for is no reason to end.
globalThis.addEventListener("unhandledrejection", (event) => event.preventDefault());
serve(port, () => import(args[0]!));
for (let frame = await next(); frame; frame = await next()) port.onframe(frame);
exit(0); // the host has gone
