/** Where the committed golden checkpoints lie. */
import { fileURLToPath } from "node:url";

export const committed = (): Promise<string> =>
  Promise.resolve(process.env["HYALINE_ZOO"] ?? fileURLToPath(new URL("cases/", import.meta.url)));
