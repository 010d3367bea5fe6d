/**
 * The one kind of failure, and the one way to make it.
 *
 * @module
 */

/** A failure with a stable code, a message for a person and what to do next. */
export class HyalineError extends Error {
  override readonly name = "HyalineError";
  readonly code: string;
  readonly hint: string | undefined;
  constructor({ code, message, hint, cause }: { code: string; message: string; hint?: string; cause?: unknown }) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }
  /** The form the API sends and `--format json` prints. */
  toJSON(): { code: string; message: string; hint?: string } {
    return { code: this.code, message: this.message, ...(this.hint === undefined ? {} : { hint: this.hint }) };
  }
}

/** Builds a {@link HyalineError}: the one way to make one. */
export const failure = (of: { code: string; message: string; hint?: string; cause?: unknown }): HyalineError =>
  new HyalineError(of);

/** An impossible state inside Hyaline; the message says which belief was wrong. */
export const broken = (belief: string): HyalineError =>
  failure({
    code: "INTERNAL",
    message: `Hyaline is wrong about itself: ${belief}`,
    hint: "Please report this message",
  });
