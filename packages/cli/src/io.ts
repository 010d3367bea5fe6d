/**
 * The world a command sees: its streams and its environment. Tests hand in their own.
 *
 * @module
 */
import process from "node:process";

/** A stream to write text to. */
export interface Sink {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Cells a line has, where known. */
  readonly columns?: number;
}

export interface Io {
  readonly stdout: Sink;
  readonly stderr: Sink;
  /** All of standard input, as UTF-8. */
  stdin(): Promise<string>;
  /** Asks the person at the terminal; not there where nobody could answer. */
  ask?(question: string): Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

const sink = (stream: NodeJS.WriteStream): Sink => ({
  write: (text) => void stream.write(text),
  isTTY: Boolean(stream.isTTY),
  ...(stream.columns ? { columns: stream.columns } : {}),
});

/** The process' own streams. A reader who leaves (`| head`) ends the run quietly. */
export function processIo(): Io {
  const interrupt = new AbortController();
  process.on("SIGINT", () => {
    if (interrupt.signal.aborted) process.exit(130); // a second Ctrl-C does not wait
    interrupt.abort();
  });
  process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));
  return {
    stdout: sink(process.stdout),
    stderr: sink(process.stderr),
    async stdin() {
      const chunks: Uint8Array[] = [];
      for await (const chunk of process.stdin) chunks.push(chunk);
      return new TextDecoder().decode(concat(chunks));
    },
    ...(process.stdin.isTTY && process.stdout.isTTY ? { ask: (question) => asked(question, interrupt.signal) } : {}),
    env: process.env,
    signal: interrupt.signal,
  };
}

async function asked(question: string, signal: AbortSignal): Promise<string> {
  const { createInterface } = await import("node:readline/promises");
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await terminal.question(question, { signal });
  } finally {
    terminal.close();
  }
}

function concat(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
