/**
 * Times jax-js on its wasm backend: the gradient of one encoder layer of MiniLM's size (384 wide, 12 heads, 1536 within) by its input.
 * Prints JSON. Argument: length.
 */
import process from "node:process";

// Named apart: this repository does not depend on it, Deno fetches it when the bench runs.
const name = "npm:@jax-js/jax@0.1.25", { defaultDevice, grad, init, nn, numpy: np } = await import(name);

const T = Number(process.argv[2]), [D, H, F] = [384, 12, 1536], W = D / H;
await init();
defaultDevice("wasm");
let state = 7;
const draw = (...shape: number[]) => {
  const data = Float32Array.from(
    { length: shape.reduce((a, b) => a * b, 1) },
    () => ((state = (state * 1103515245 + 12345) % 2147483648) / 2147483648 - 0.5) / 10,
  );
  return np.array(data).reshape(shape);
};
const [wq, wk, wv, wo, w1, w2] = [draw(D, D), draw(D, D), draw(D, D), draw(D, D), draw(D, F), draw(F, D)];
// deno-lint-ignore no-explicit-any
type A = any;
const heads = (x: A): A => x.reshape([T, H, W]).transpose([1, 0, 2]);
const norm = (x: A): A => {
  const c = x.ref.sub(np.mean(x, -1, { keepdims: true }));
  return c.ref.div(np.sqrt(np.mean(c.ref.mul(c), -1, { keepdims: true }).add(1e-5)));
};
const layer = (x: A): A => {
  const q = heads(np.matmul(x.ref, wq.ref)), k = heads(np.matmul(x.ref, wk.ref)), v = heads(np.matmul(x.ref, wv.ref));
  const a = nn.softmax(np.matmul(q, k.transpose([0, 2, 1])).mul(1 / Math.sqrt(W)), -1);
  const o = np.matmul(np.matmul(a, v).transpose([1, 0, 2]).reshape([T, D]), wo.ref);
  const h = norm(x.add(o));
  return np.sum(norm(h.ref.add(np.matmul(nn.gelu(np.matmul(h, w1.ref)), w2.ref))).mul(0.5));
};
const g = grad(layer) as (x: A) => A, x = draw(T, D);
const once = async (): Promise<number> => {
  const start = performance.now();
  await g(x.ref).data();
  return performance.now() - start;
};
for (let i = 0; i < 2; i++) await once();
const samples: number[] = [];
for (let i = 0; i < 10; i++) samples.push(await once());
samples.sort((a, b) => a - b);
console.log(JSON.stringify({ gradient: { min: samples[0], median: samples[5], cpu: samples[0], samples: 10 } }));
process.exit(0);
