// Keeps the page, the kernel and the first model, so that everything works without a network from the second visit on. What it
// hands out is isolated from other origins, whatever the host says: threads may share memory then.
// The build fills in what is kept and what is kept once it was used.
const { version, kept, used } = __PAGE__;
const cacheName = `hyaline-page-${version}`;
const home = new URL(self.registration.scope).pathname;

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(cacheName).then((cache) =>
      cache.addAll(kept.map((path) => new Request(home + path, { cache: "no-cache" })))
    ),
  );
});

self.addEventListener("activate", (event) => {
  const old = (name) => name.startsWith("hyaline-page-") && name !== cacheName;
  event.waitUntil(
    caches.keys().then((names) => Promise.all(names.filter(old).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url), path = pathname.slice(home.length) || "index.html";
  const ours = event.request.method === "GET" && origin === self.location.origin && pathname.startsWith(home);
  if (ours && (kept.includes(path) || used.includes(path))) event.respondWith(answer(path));
});

async function answer(path) {
  const cache = await caches.open(cacheName), found = await cache.match(home + path);
  if (found) return isolated(path, found);
  const fresh = await fetch(home + path);
  if (fresh.ok) await cache.put(home + path, fresh.clone());
  return isolated(path, fresh);
}

/** Only documents and workers need it; WebAssembly that is handed on as it is stays compiled from one visit to the next. */
function isolated(path, response) {
  if (!/\.(html|js)$/.test(path)) return response;
  const headers = new Headers(response.headers);
  headers.set("cross-origin-opener-policy", "same-origin");
  headers.set("cross-origin-embedder-policy", "require-corp");
  headers.set("cross-origin-resource-policy", "same-origin");
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
