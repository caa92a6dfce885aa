// Keeps the page for a day without a signal. What is sent and asked of the server never comes from here: an answer that is kept
// would be taken for the server's. FILES and VERSION stand above, written by the server.

const CACHE = `guatu-phone-${VERSION}`;

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const cache = await caches.open(CACHE);
    for (const file of FILES) {
      const answer = await fetch(file, { cache: "reload" });
      // Whoever is not logged in is led elsewhere: that is not the page, and the worker before this one stays.
      if (!answer.ok || answer.redirected) throw new Error(file);
      await cache.put(file, answer);
    }
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name.startsWith("guatu-phone-") && name !== CACHE) await caches.delete(name);
    await self.clients.claim();
  })());
});

self.addEventListener("fetch", (event) => {
  const { pathname, search, origin } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin || !FILES.includes(pathname + search)) return;
  event.respondWith((async () => (await (await caches.open(CACHE)).match(pathname + search)) ?? fetch(event.request))());
});
