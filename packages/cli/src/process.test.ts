import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const main = fileURLToPath(new URL("main.ts", import.meta.url));
const isDeno = "deno" in process.versions;

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command as its own process; `after` gets it as soon as it lives. */
function hyaline(args: string[], { stdin = "", after = (_: ReturnType<typeof spawn>) => {} } = {}): Promise<Ended> {
  const child = spawn(process.execPath, ["run", "-A", main, ...args], {
    env: { ...process.env, XDG_CONFIG_HOME: "/nonexistent", LANG: "C" },
  });
  let out = "", err = "";
  child.stdout.on("data", (chunk) => (out += chunk));
  child.stderr.on("data", (chunk) => (err += chunk));
  child.stdin.end(stdin);
  after(child);
  // Deno's child_process tells an exit code of 130 as the signal that shells take it for
  return new Promise((resolve) =>
    child.on("close", (code, signal) => resolve({ code: code ?? (signal === "SIGINT" ? 130 : null), out, err }))
  );
}

describe.skipIf(!isDeno)("as a process (skipped on Node, which runs no TypeScript across packages)", () => {
  test(
    "standard input is read to its end, results and nothing else reach standard output, and the process ends by itself",
    async () => {
      const { code, out, err } = await hyaline([
        "explain",
        "-",
        "--model",
        "ioi-lm",
        "--format",
        "jsonl",
        "--no-checks",
      ], { stdin: "John gave a drink to\nMary gave a book to\n" });
      expect({ code, err }).toEqual({ code: 0, err: "" });
      expect(out.trim().split("\n").map((line) => JSON.parse(line).text)).toEqual([
        "John gave a drink to",
        "Mary gave a book to",
      ]);
    },
    180_000,
  );

  test("an error sets the exit code of the process", async () => {
    expect((await hyaline(["explain", "x", "--model", "./nowhere"])).code).toBe(1);
    expect((await hyaline(["explain", "x", "--colour"])).code).toBe(2);
  }, 120_000);

  test("Ctrl-C ends a long run with 130 and leaves no file", async () => {
    const folder = await mkdtemp(join(tmpdir(), "hyaline-interrupt-"));
    const stdin = "John gave a drink to\n".repeat(2000);
    const { code } = await hyaline([
      "explain",
      "-",
      "--model",
      "ioi-lm",
      "--format",
      "json",
      "--out",
      join(folder, "all.json"),
    ], {
      stdin,
      after: (child) => {
        let sent = false;
        const look = setInterval(async () => {
          const begun = (await readdir(folder)).length > 0; // the draft shows that work has begun
          if (!begun || sent) return;
          sent = true;
          child.kill("SIGINT");
        }, 100);
        child.on("close", () => clearInterval(look));
      },
    });
    expect(code).toBe(130);
    expect(await readdir(folder)).toEqual([]);
    await rm(folder, { recursive: true });
  }, 180_000);

  test("a reader that leaves early (| head) is no failure", async () => {
    const { code, err } = await hyaline(["methods", "--format", "json"], { after: (child) => child.stdout!.destroy() });
    expect(code).toBe(0);
    expect(err).toBe("");
  }, 120_000);
});
