/**
 * The `hyaline` command.
 *
 * @module
 */
import process from "node:process";
import { processIo, run } from "./mod.ts";

process.exitCode = await run(process.argv.slice(2), {
  io: processIo(),
  open: async (options) => (await import("./open.ts")).openEngine(options),
});
