/**
 * The file a model came from, to be read again. Where there is one, nobody has to keep the file's bytes: a weight is read when a
 * program wants it, and lies in memory once.
 *
 * @module
 */
export interface Backing {
  /** Bytes of the file. */
  readonly size: number;
  /** Fills `to` with the file's bytes from `offset` on. @throws MODEL_CHANGED where it ends before */
  read(to: Uint8Array, offset: number): void;
  /** The whole file. @throws MODEL_TOO_LARGE where there is no room for it */
  whole(): Uint8Array;
  /** @throws MODEL_CHANGED where the file was written to since it was opened */
  check(): void;
  close(): void;
}
