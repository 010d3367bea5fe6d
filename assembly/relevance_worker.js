// A kernel thread. In Node and Deno what it needs lies in `workerData`; in a browser it comes as the one and only message.
import { Member } from "./relevance_team.js";

function serve({ module, memory, index, size }, ready) {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const member = new Member(exports, memory, index, size, true);
  ready();
  member.follow();
}

if (globalThis.process?.versions?.node === undefined) {
  self.onmessage = ({ data }) => serve(data, () => self.postMessage("ready"));
} else {
  const threads = "node:worker_threads", { parentPort, workerData } = await import(/* @vite-ignore */ threads);
  serve(workerData, () => parentPort.postMessage("ready"));
}
