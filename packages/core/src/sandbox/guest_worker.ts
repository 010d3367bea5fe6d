/**
 * What runs in the worker inside the browser's sandbox: the first message brings the line to the host and the address of the plugin's module.
 *
 * @module
 */
import { serve } from "./guest.ts";
import type { Port } from "./message.ts";

globalThis.addEventListener("message", ({ data, ports: [line] }: MessageEvent<string>) => {
  const port: Port = {
    send: (frame) => line!.postMessage(frame, [frame.buffer]),
    onframe: () => {},
  };
  line!.onmessage = ({ data: frame }: MessageEvent<Uint8Array>) => port.onframe(frame);
  serve(port, () => import(/* @vite-ignore */ data));
}, { once: true });
