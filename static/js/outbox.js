// What a judge typed and the server has not confirmed: kept in this browser, sent with one key per save.
// A save that failed is sent again with the same key and the same body until the server answers: it cannot
// count twice. Knows nothing of the page: desk.js listens. Storage is keyed by judge and sheet.
(function () {
  "use strict";
  var WAITS = [2000, 4000, 8000, 15000, 30000];
  var user = "", token = "", entries = {}, listener = function () {};
  var sending = false, tries = 0, timer = null, signedOut = false;

  function storageKey(id) { return "desk." + user + "." + id; }

  function keep(entry) {
    try {
      if (isDirty(entry)) localStorage.setItem(storageKey(entry.id), JSON.stringify(entry));
      else localStorage.removeItem(storageKey(entry.id));
    } catch {
      listener("storage-full", entry);
    }
  }

  function stored(id) {
    try { return JSON.parse(localStorage.getItem(storageKey(id))); } catch { return null; }
  }

  // What differs from what the server confirmed. An absent field and an empty one are the same: not marked.
  function changes(entry) {
    var names = Object.keys(Object.assign({}, entry.saved, entry.fields));
    return names.filter(function (name) { return (entry.fields[name] || "") !== (entry.saved[name] || ""); });
  }

  function isDirty(entry) { return Boolean(entry.pending) || changes(entry).length > 0; }

  function open(entry) {
    entries[entry.id] = entries[entry.id] || entry;
    return entries[entry.id];
  }

  function change(entry, fields, isReady) {
    entry.fields = fields;
    entry.isReady = isReady;
    entry.at = Date.now();
    keep(entry);
    listener("changed", entry);
    schedule(800);
  }

  function schedule(wait) {
    clearTimeout(timer);
    timer = setTimeout(flush, wait);
  }

  function nextToSend() {
    return Object.values(entries).find(function (entry) {
      return !entry.isStopped && (entry.pending || (entry.isReady && changes(entry).length > 0));
    });
  }

  function newKey() {
    if (crypto.randomUUID) return crypto.randomUUID();
    // Plain http in a hall's own network: browsers offer randomUUID on secure pages only.
    return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, function (c) {
      return (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16);
    });
  }

  function submit(entry, signature) {
    entry.wantsSubmit = signature;
    return flush();
  }

  function prepare(entry) {
    if (entry.pending) return;
    var fields = Object.assign({}, entry.fields, {
      key: newKey(), version: String(entry.version), binding: entry.binding, signature: entry.wantsSubmit || ""
    });
    entry.pending = { fields: fields, marks: Object.assign({}, entry.fields), submit: Boolean(entry.wantsSubmit) };
    entry.wantsSubmit = "";
    keep(entry);
  }

  async function flush() {
    var entry = nextToSend() || Object.values(entries).find(function (each) { return each.wantsSubmit; });
    if (!entry || sending || signedOut) return;
    if (!navigator.onLine) return listener("offline", entry);
    sending = true;
    prepare(entry);
    listener("sending", entry);
    var again = 0;
    try {
      again = await deliver(entry);
      tries = 0;
    } catch {
      again = WAITS[Math.min(tries, WAITS.length - 1)];
      tries += 1;
      listener("offline", entry);
    }
    sending = false;
    keep(entry);
    if (!signedOut && (nextToSend() || entry.wantsSubmit)) schedule(again);
  }

  // Weak wifi can leave a request hanging for minutes: after a while it is sent again, with its key.
  function patience() { return AbortSignal.timeout ? AbortSignal.timeout(15000) : undefined; }

  // Throws when nothing was answered; returns the wait before the next sending.
  async function deliver(entry) {
    var pending = entry.pending;
    var response = await fetch(entry.url, {
      method: "POST", redirect: "manual", credentials: "same-origin", signal: patience(),
      headers: { "Content-Type": "application/json", "X-CSRFToken": token },
      body: JSON.stringify({ fields: pending.fields, submit: pending.submit }),
    });
    if (response.type === "opaqueredirect" || response.status === 401) {
      signedOut = true;
      listener("signed-out", entry);
      return 0;
    }
    if (response.status === 403) return renewToken(entry);
    if (response.status >= 500 || response.status === 429) throw new Error("not now");
    if (response.status === 404) return stop(entry, "这张评分表已不归您评，未保存。填写的内容仍在本机，请联系裁判长。");
    var answer = await response.json();
    entry.pending = null;
    if (response.ok) return confirmed(entry, pending, answer);
    if (response.status === 409) {
      entry.isStopped = true;
      listener("conflict", entry, answer);
    } else if (response.status === 400) refused(entry, pending, answer);
    // 422: the key is spent; what was typed goes again under a new one.
    return 0;
  }

  function confirmed(entry, pending, answer) {
    entry.version = answer.version;
    entry.saved = pending.marks;
    entry.savedAt = answer.saved_at;
    entry.status = answer.status;
    listener("saved", entry);
    return 0;
  }

  function refused(entry, pending, answer) {
    if (answer.closed) return stop(entry, answer.closed + "未送达的内容仍在本机。");
    // A draft that was refused waits for a change; a refused signature leaves the draft as good as it was.
    if (!pending.submit || answer.errors) entry.isReady = false;
    listener("refused", entry, answer);
    return 0;
  }

  function stop(entry, message) {
    entry.isStopped = true;
    entry.pending = null;
    listener("stopped", entry, message);
    return 0;
  }

  // The token of an old sign-in: a fresh page has the new one, or sends us to the sign-in.
  async function renewToken(entry) {
    var response = await fetch(location.href, { redirect: "manual", credentials: "same-origin" });
    var page = response.ok ? new DOMParser().parseFromString(await response.text(), "text/html") : null;
    var input = page && page.querySelector("[name=csrfmiddlewaretoken]");
    if (!input) {
      signedOut = true;
      listener("signed-out", entry);
    } else if (input.value === token) {
      throw new Error("refused");
    } else token = input.value;
    return 0;
  }

  window.addEventListener("online", function () { tries = 0; schedule(0); });

  window.deskOutbox = {
    start: function (options) { user = options.user; token = options.token; listener = options.listener; },
    open: open, change: change, changes: changes, stored: stored, submit: submit, keep: keep, isDirty: isDirty,
    resume: function (entry) { entry.isStopped = false; keep(entry); schedule(0); },
    forget: function (id) { try { localStorage.removeItem(storageKey(id)); } catch { /* nothing was kept */ } },
    signedIn: function (newToken) { token = newToken; signedOut = false; schedule(0); },
    waiting: function () {
      return Object.values(entries).reduce(function (sum, entry) { return sum + changes(entry).length; }, 0);
    },
    entries: function () { return entries; },
  };
})();
