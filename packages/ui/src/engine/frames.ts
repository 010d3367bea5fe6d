/**
 * Plugins of strangers at the page's end: a worker cannot open a frame, so the page does, and passes on what is said.
 *
 * @module
 */
import { openFrame } from "@hyaline/core/sandbox";
import type { Ask, Tell } from "./messages.ts";

type Opened = Extract<Tell, { event: "frame" }>;

export interface Frames {
  /** Opens a frame for a plugin; `port` leads to whoever asked for it. */
  open(asked: Opened, port: MessagePort, worker: Worker): Promise<void>;
  cut(frame: number): void;
  cutAll(): void;
}

export function frames(): Frames {
  const open = new Map<number, () => void>();
  let guest: Promise<string> | undefined;
  const cut = (frame: number): void => {
    open.get(frame)?.();
    open.delete(frame);
  };
  return {
    cut,
    cutAll: () => [...open.keys()].forEach(cut),
    async open({ frame, plugin, module }, port, worker) {
      guest ??= fetch(new URL("plugin_guest.js", document.baseURI)).then((response) => response.text());
      const opened = openFrame({ plugin, guest: await guest, module });
      open.set(frame, opened.cut);
      pass(port, opened.port);
      pass(opened.port, port);
      void opened.ended.then((how) =>
        worker.postMessage({ call: "ended", frame, how: typeof how === "string" ? how : how.message } satisfies Ask)
      );
    },
  };
}

function pass(from: MessagePort, to: MessagePort): void {
  from.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof Uint8Array) to.postMessage(data, [data.buffer]);
  };
}
