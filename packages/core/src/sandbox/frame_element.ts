/**
 * The sandbox of browsers: a frame with an origin of its own, and in it a worker, so that a plugin has neither the page's storage, nor
 * its cookies, nor a network, and an endless loop stops nobody.
 *
 * A frame needs a document and a host may run in a worker: the page opens the frame and hands over its port.
 *
 * @module
 */
import { type HyalineError, pluginCrashed } from "../errors.ts";
import type { Line } from "./host.ts";

/** Source texts that import nothing: `@hyaline/core/sandbox/guest` bundled to one script, and the plugin's module. */
export interface FrameOptions {
  /** The plugin's id, for messages. */
  readonly plugin: string;
  readonly guest: string;
  readonly module: string;
  readonly document?: Document;
}

/** A frame with a plugin in it. */
export interface Frame {
  /** To the plugin; may be transferred to a worker. */
  readonly port: MessagePort;
  /** Settles when the worker broke, or the frame was taken away. */
  readonly ended: Promise<HyalineError | string>;
  /** Takes the frame away, and ends what runs in it. */
  cut(): void;
}

/** Nothing may be loaded but the two modules; `blob:` reaches only what the frame itself made. */
const POLICY = "default-src 'none'; script-src 'unsafe-inline' blob:; worker-src blob:";

/**
 * Runs in the frame: makes the worker, and gives it the line and the address of the plugin. A frame inherits the policy of its page,
 * which has to admit this script by its hash, and `blob:` for scripts and workers.
 */
export const FRAME_SCRIPT = `
addEventListener("message", ({ data: { guest, module }, ports: [line] }) => {
  const address = (text) => URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(address(guest)); // a module worker does not start in an origin without a name
  worker.onerror = ({ message }) => parent.postMessage({ broken: message || "its worker did not start" }, "*");
  worker.postMessage(address(module), [line]);
}, { once: true });
`;
const PAGE =
  `<!doctype html><meta http-equiv="content-security-policy" content="${POLICY}"><script>${FRAME_SCRIPT}</script>`;

/** Opens a frame in the page, out of sight. */
export function openFrame({ plugin, guest, module, document = globalThis.document }: FrameOptions): Frame {
  const frame = document.createElement("iframe"), { port1, port2 } = new MessageChannel();
  const end = Promise.withResolvers<HyalineError | string>(), window = document.defaultView!;
  const broken = ({ source, data }: MessageEvent<{ broken?: unknown }>): void => {
    if (source === frame.contentWindow) end.resolve(pluginCrashed(plugin, String(data?.broken)));
  };
  frame.setAttribute("sandbox", "allow-scripts");
  frame.hidden = true;
  frame.srcdoc = PAGE;
  frame.addEventListener("load", () => frame.contentWindow?.postMessage({ guest, module }, "*", [port2]), {
    once: true,
  });
  window.addEventListener("message", broken);
  document.body.append(frame);
  return {
    port: port1,
    ended: end.promise,
    cut() {
      window.removeEventListener("message", broken);
      frame.remove();
      end.resolve("it was ended");
    },
  };
}

/** A line over a frame's port, wherever the port is by now. */
export function portLine({ port, ended, cut }: Frame): Line {
  const line: Line = {
    send: (frame) => port.postMessage(frame, [frame.buffer]),
    onframe: () => {},
    ended,
    cut() {
      port.close();
      cut();
    },
  };
  port.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof Uint8Array) line.onframe(data);
  };
  return line;
}
