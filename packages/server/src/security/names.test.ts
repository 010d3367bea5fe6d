import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { createApp } from "../mod.ts";
import { engineWith, post } from "../testing.ts";

/** Every way an engine could be asked is a failure here. */
const asked: string[] = [];
const never = (name: string) => () => (asked.push(name), Promise.reject(new Error("asked")));
const app = createApp({
  engine: engineWith({
    explain: never("explain"),
    predict: never("predict"),
    inspect: never("inspect"),
    tokenise: never("tokenise"),
    load: never("load"),
    unload: never("unload"),
  }),
  models: [{ name: "sentiment-en", bytes: 1 }, { name: "acme/bert", bytes: 1 }],
  version: "0",
});

/** Asks for a model by every route that takes a name. */
async function everywhere(model: string): Promise<Response[]> {
  const name = encodeURIComponent(model);
  return await Promise.all([
    app.request("/api/v1/explain", post({ input: { text: "x" }, model })),
    app.request("/api/v1/predict", post({ input: { text: "x" }, model })),
    app.request("/api/v1/tokenise", post({ text: "x", model })),
    app.request(`/api/v1/models/${name}`),
    app.request(`/api/v1/models/${name}/inspect`),
    app.request(`/api/v1/models/${name}/load`, post({})),
    app.request(`/api/v1/models/${name}/unload`, post({})),
    app.request(`/v1/models/${name}:explain`, post({ instances: ["x"] })),
    app.request(
      `/v2/models/${name}/infer`,
      post({ inputs: [{ name: "text", datatype: "BYTES", shape: [1], data: ["x"] }] }),
    ),
    app.request(`/explanations/${name}`, post({ text: "x" })),
  ]);
}

/** Refused by every route with a failure in words, whatever they are; nothing reached the engine. */
async function refused(model: string): Promise<void> {
  asked.length = 0;
  for (const answer of await everywhere(model)) {
    const text = await answer.text();
    expect([400, 404, 422], `${answer.url} answered ${text}`).toContain(answer.status);
    expect(typeof JSON.parse(text)).toBe("object");
    expect(text).not.toMatch(/root:|node_modules|\/home\/|at [\w.]+ \(/);
  }
  expect(asked).toEqual([]);
}

const ids = [
  "..",
  "../",
  "../..",
  "../../etc/passwd",
  "..\\..\\windows\\win.ini",
  "....//....//etc",
  "./sentiment-en",
  "sentiment-en/",
  "/sentiment-en",
  "sentiment-en/..",
  "sentiment-en/../sentiment-en",
  "sentiment-en/config.json",
  "sentiment-en\0",
  "sentiment-en\0.onnx",
  "\0",
  "sentiment-en\n",
  " sentiment-en",
  "sentiment-en ",
  "SENTIMENT-EN",
  "ѕentiment-en",
  "sentiment‑en",
  "sentiment-en\u200b",
  "\u202esentiment-en",
  "acme",
  "acme/",
  "acme//bert",
  "acme/bert/..",
  "acme\\bert",
  "acme%2Fbert",
  "acme%252Fbert",
  "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
  "..%c0%af..%c0%afetc",
  "/etc/passwd",
  "/proc/self/environ",
  "/dev/zero",
  "~/.ssh/id_rsa",
  "C:\\Windows\\System32",
  "\\\\server\\share",
  "CON",
  "data",
  "scripts",
  "file:///etc/passwd",
  "npm:left-pad",
  "data:text/plain,x",
  "javascript:alert(1)",
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "; rm -rf /",
  "$(id)",
  "`id`",
  "| cat /etc/passwd",
  "{{7*7}}",
  "${7*7}",
  "%s%s%n",
  "' OR 1=1 --",
  "<script>alert(1)</script>",
  "a".repeat(201),
  "é".repeat(500),
];

describe("hostile model ids", () => {
  test("are sixty", () => expect(new Set(ids).size).toBe(60));

  test.each(ids.map((id) => [JSON.stringify(id).slice(0, 60), id]))(
    "%s reaches no engine",
    async (_, id) => await refused(id),
  );
});

describe("URLs in place of a model", () => {
  let hits = 0, port = 0;
  const canary = createServer((_, response) => (hits++, response.end("{}")));
  beforeAll(async () => {
    await new Promise<void>((resolve) => canary.listen(0, "127.0.0.1", resolve));
    port = (canary.address() as AddressInfo).port;
  });
  afterAll(() => new Promise((resolve) => canary.close(resolve)));

  /** PORT is where somebody listens: whoever fetched would be seen. */
  const urls = [
    "http://127.0.0.1:PORT/",
    "http://localhost:PORT/",
    "https://127.0.0.1:PORT/",
    "http://127.1:PORT/",
    "http://2130706433:PORT/",
    "http://0x7f000001:PORT/",
    "http://0177.0.0.1:PORT/",
    "http://[::1]:PORT/",
    "http://[::ffff:127.0.0.1]:PORT/",
    "http://0.0.0.0:PORT/",
    "http://user:pass@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT#@huggingface.co/",
    "http://huggingface.co@127.0.0.1:PORT/",
    "//127.0.0.1:PORT/",
    "http:/127.0.0.1:PORT/",
    "http:127.0.0.1:PORT/",
    "HTTP://127.0.0.1:PORT/",
    "http://127.0.0.1:PORT/model.onnx",
    "http://127.0.0.1:PORT/?model=x",
    "http://127.0.0.1.nip.io:PORT/",
    "http://localtest.me:PORT/",
    "http://①②⑦.⓪.⓪.①:PORT/",
    "http://127。0。0。1:PORT/",
    "http://%31%32%37.0.0.1:PORT/",
    "http://127.0.0.1:PORT\\@huggingface.co/",
    "http://169.254.169.254/latest/meta-data/",
    "http://metadata.google.internal/",
    "http://[fd00:ec2::254]/",
    "http://100.100.100.200/",
    "http://10.0.0.1/",
    "http://192.168.0.1/",
    "ftp://127.0.0.1:PORT/",
    "gopher://127.0.0.1:PORT/_x",
    "dict://127.0.0.1:PORT/",
    "ldap://127.0.0.1:PORT/",
    "tftp://127.0.0.1:PORT/x",
    "ws://127.0.0.1:PORT/",
    "jar:http://127.0.0.1:PORT!/",
    "hf://127.0.0.1:PORT/x",
    "blob:http://127.0.0.1:PORT/x",
  ];

  test("are forty", () => expect(new Set(urls).size).toBe(40));

  test.each(urls)("%s is fetched by nobody", async (url) => {
    const fetching = vi.spyOn(globalThis, "fetch"), model = url.replace("PORT", String(port));
    await refused(model);
    expect(fetching).not.toHaveBeenCalled();
    expect(hits).toBe(0);
    fetching.mockRestore();
  });

  test("the canary sings when somebody does fetch", async () => {
    await (await fetch(`http://127.0.0.1:${port}/`)).text();
    expect(hits).toBe(1);
  });
});
