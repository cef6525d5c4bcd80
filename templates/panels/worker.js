{% load static %}{% get_static_prefix as files %}// Keeps the pages of a desk that somebody has opened, and the files they are made of, for times without a network: the
// judges' desk, and the teachers' lists. Each has a worker of its own, made of this with what `page` says.
// The network comes first, always: what is kept is shown only where nothing answers, and marked data-kept. Nothing is
// kept of writes. Pages are kept for one account at a time: another account's page throws them away, and so do the
// sign-in page and the sign-out (forget-desk.js).
"use strict";
const FILES = "desk-files", PAGES = "desk-pages-", STATIC = "{{ files|escapejs }}";
const PAGE = new RegExp("{{ page|escapejs }}");
const NOTHING_KEPT = '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
  + '<title>未联网</title><link rel="stylesheet" href="{% static "css/site.css" %}"><link rel="stylesheet" href="{% static "css/desk.css" %}">'
  + '<body class="desk"><main class="desk-page"><h1>未联网</h1><p>{{ kept_words }}</p>'
  + '<p class="row-acts"><a class="btn" href="{{ home }}">{{ home_label }}</a></p></main>';

addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const request = event.request, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (PAGE.test(url.pathname) || url.pathname.startsWith(STATIC)) event.respondWith(answer(request, url, event));
});

// A page names what it was made of: the first one was loaded before this worker was there. One that was just on its way
// while the worker came up was missed by the claim then, and what it fetches would pass the worker by.
addEventListener("message", (event) => {
  event.waitUntil(clients.claim());
  event.waitUntil(Promise.all(event.data.map(async (address) => {
    if (await caches.match(address, { ignoreVary: true })) return;
    const response = await fetch(address, { redirect: "manual" });
    if (response.ok) await keep(new URL(address), response);
  })).catch(() => { /* the network went away: next time */ }));
});

async function answer(request, url, event) {
  // A redirect (to the sign-in) is an answer, also for who asked for none: it must not look like a dead network.
  const ask = () => fetch(request, request.mode === "navigate" ? undefined : { redirect: "manual" });
  let response;
  try {
    // Wifi that comes back in this very moment gets a second chance.
    response = await ask().catch(() => new Promise((done) => setTimeout(done, 500)).then(ask));
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return kept(request, url, error);
  }
  if (response.ok) event.waitUntil(keep(url, response.clone()));
  else if (response.status === 404) event.waitUntil(forget(url));
  return response;
}

async function keep(url, response) {
  if (!PAGE.test(url.pathname)) return (await caches.open(FILES)).put(url.href, response);
  const owner = response.headers.get("X-Desk-User"), name = PAGES + owner;
  for (const key of await caches.keys()) if (key.startsWith(PAGES) && key !== name) await caches.delete(key);
  return owner ? (await caches.open(name)).put(url.origin + url.pathname, response) : undefined;
}

async function forget(url) {
  for (const key of await caches.keys()) await (await caches.open(key)).delete(url.origin + url.pathname);
}

async function kept(request, url, error) {
  const found = await caches.match(PAGE.test(url.pathname) ? url.origin + url.pathname : url.href, { ignoreVary: true });
  if (found && PAGE.test(url.pathname)) {
    const text = (await found.text()).replace('<body class="desk"', '<body class="desk" data-kept');
    return new Response(text, { headers: found.headers });
  }
  if (found) return found;
  if (request.mode !== "navigate") throw error;
  return new Response(NOTHING_KEPT, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
}
