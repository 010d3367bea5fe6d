/**
 * Server-Sent Events out of a response's body. `EventSource` cannot post, so the lines are read here.
 *
 * @module
 */

export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** Events as they arrive; comments and fields nobody needs are left out. An event that the connection broke off in is none. */
export async function* eventsOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<ServerEvent> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", event = "message", data: string[] = [];
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const lines = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = lines.pop()!;
      for (const line of lines) {
        if (line === "") {
          if (data.length) yield { event, data: data.join("\n") };
          [event, data] = ["message", []];
          continue;
        }
        const [, field, text = ""] = /^([^:]*):? ?(.*)$/.exec(line)!;
        if (field === "event") event = text;
        if (field === "data") data.push(text);
      }
    }
  } finally {
    await reader.cancel();
  }
}
