/**
 * docs/self-hosting.md, run: its commands one after the other in one shell, its unit and its proxy's configuration by the programs that
 * read them. Places a test may not write to lie in a folder of its own; the port and Deno are those at hand.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { canServe } from "../server/serving.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const text = readFileSync(join(root, "docs/self-hosting.md"), "utf8");
const blocks = [...text.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, body]) => ({ language, body: body! }));
const has = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;
const nginx = has("nginx", "-v"), systemd = has("systemd-analyze", "--version");
const tools = canServe && has("curl", "--version") && has("tar", "--version") && has("bash", "--version");

/** A server in the foreground of a terminal: here it goes to the background, the one before it ends, and it is waited for. */
const prelude = `set -euo pipefail
server=
finish() { [ -z "$server" ] || { kill "$server"; wait "$server" || true; }; }
trap 'code=$?; [ $code = 0 ] || cat "$T/serve.log" >&2; finish; [ ! -e "$T/nginx.pid" ] || kill "$(cat "$T/nginx.pid")"' EXIT
serve() {
  finish
  : > "$T/serve.out"
  hyaline serve --port "$PORT" "$@" 2> "$T/serve.log" >> "$T/serve.out" &
  server=$!
  for _ in $(seq 300); do grep -q answers "$T/serve.out" && return; sleep 0.2; done
  cat "$T/serve.log" >&2; return 1
}
sudo() { "$@"; }
`;

const free = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

describe.skipIf(!tools)("self-hosting (skipped without Deno, curl, tar and bash)", () => {
  let folder: string, out: string, ports: { server: number; proxy: number };
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "hyaline-hosting-"));
    ports = { server: await free(), proxy: await free() };
    /** Where things lie on a server, here. */
    const placed = (part: string): string =>
      part.replace(/(?<![\w/])\/(opt|usr\/local\/bin|srv|etc|var)(?=\/| |$)/gm, `${folder}/$1`)
        .replaceAll("127.0.0.1:8080", `127.0.0.1:${ports.server}`).replaceAll(
          "localhost:8080",
          `localhost:${ports.server}`,
        );
    for (const place of ["opt", "usr/local/bin", "work", "bin"]) mkdirSync(join(folder, place), { recursive: true });
    const write = (path: string, body: string): void => {
      const place = placed(path);
      mkdirSync(dirname(place), { recursive: true });
      writeFileSync(place, body);
    };
    for (const { language, body } of blocks) {
      if (language === "ini") {
        write("/etc/systemd/system/hyaline.service", placed(body));
      }
      if (language === "nginx") {
        const site = placed(body).replace("listen 80;", `listen 127.0.0.1:${ports.proxy};`);
        write("/etc/nginx/conf.d/hyaline.conf", site);
        write(
          "/etc/nginx/nginx.conf",
          `pid ${folder}/nginx.pid; error_log ${folder}/nginx.log; events {} http { access_log off; include ${folder}/etc/nginx/conf.d/*.conf; }`,
        );
      }
    }
    writeFileSync(join(folder, "bin/deno"), `#!/bin/sh\nexec "${process.execPath}" "$@"\n`);
    chmodSync(join(folder, "bin/deno"), 0o755);
    const config = `-c ${folder}/etc/nginx/nginx.conf`;
    const lines = blocks.filter(({ language }) => language === "sh").flatMap(({ body }) =>
      placed(body).trim().split("\n")
    )
      .filter((line) =>
        (nginx || !/nginx|explain\.example\.org/.test(line)) && (systemd || !line.startsWith("systemd-analyze"))
      )
      .map((line) =>
        line.replace(
          /^npx -y deno@[\d.]+ task (.*?)( hyaline\.tar\.gz)?$/,
          (_, task, file = "") => `(cd ${root} && deno task ${task}${file && ` "$OLDPWD/hyaline.tar.gz"`})`,
        )
          .replace(/^hyaline serve/, "serve")
          .replace("sudo nginx -t", `nginx -t ${config} && nginx ${config}`)
          .replace(
            "http://explain.example.org/",
            `--resolve explain.example.org:${ports.proxy}:127.0.0.1 http://explain.example.org:${ports.proxy}/`,
          )
      );
    const told = (line: string): string =>
      `printf '\\n$ %s\\n' '${line.split(" ").slice(0, 6).join(" ").replaceAll("'", "")}'`;
    const script = prelude + lines.map((line) => `${told(line)}\n${line}`).join("\n");
    writeFileSync(join(folder, "script.sh"), script);
    const ran = spawnSync("bash", [join(folder, "script.sh")], {
      cwd: join(folder, "work"),
      encoding: "utf8",
      maxBuffer: 2 ** 26,
      env: {
        HOME: folder,
        T: folder,
        PORT: `${ports.server}`,
        PATH: `${folder}/bin:${folder}/usr/local/bin:${process.env.PATH}`,
      },
    });
    out = ran.stdout;
    if (ran.status !== 0) throw new Error(`${out.slice(-3000)}\n${ran.stderr.slice(-3000)}`);
  }, 400_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** What a command printed, from the words it begins with. */
  const printed = (command: string): string => {
    const at = out.indexOf(`\n$ ${command}`);
    expect(at, command).toBeGreaterThanOrEqual(0);
    return out.slice(out.indexOf("\n", at + 1) + 1).split("\n$ ")[0]!;
  };

  test("the packed program explains, over the API and in KServe's words", () => {
    expect(printed("curl -sf localhost:" + ports.server + "/api/v1/explain -H content-type:")).toContain(
      '"type":"token-scores"',
    );
    expect(printed("curl -sf localhost:" + ports.server + "/v1/models/reviews:explain")).toContain(
      '{"explanations":[[{',
    );
    expect(printed("curl -sf localhost:" + ports.server + "/api/v1/models")).toContain('"name":"reviews"');
  });

  test("a key opens the server, and without one it stays shut", () => {
    expect(printed(`hyaline keys list`)).toMatch(/^dashboard\tread explain/);
    expect(printed("curl -sf localhost:" + ports.server + "/api/v1/predict")).toContain('"predictions":[');
    expect(printed("curl -s localhost:" + ports.server + "/api/v1/jobs")).toContain('"code":"UNAUTHENTICATED"');
  });

  test("results and jobs are kept", () => {
    expect(readFileSync(join(folder, "work/why.html"), "utf8")).toContain("</html>");
    const rows = printed("curl -sfN").trim().split("\n").map((line) => JSON.parse(line));
    expect(rows.map(({ row, text }) => [row, text])).toEqual([[0, "A fine film"], [1, "A dull mess"]]);
  });

  test.skipIf(!nginx)("events pass through nginx (skipped without nginx)", () => {
    expect(out).toMatch(/event: result\ndata: \[\{"type":"token-scores"/);
  });

  test.skipIf(!has("unshare", "-rn", "true"))(
    "it runs without a network and without a home (skipped where none can be taken away)",
    () => {
      const ran = spawnSync("unshare", [
        "-rn",
        join(folder, "opt/hyaline/hyaline"),
        "explain",
        "I love programming",
        "--format",
        "json",
      ], {
        encoding: "utf8",
        env: { HOME: "/nonexistent", PATH: "/usr/bin:/bin" },
        maxBuffer: 2 ** 26,
      });
      expect(JSON.parse(ran.stdout).type).toBe("token-scores");
    },
  );
});
