// What a judge typed and the server has not confirmed: kept in this browser, sent with one key per save.
// A save that failed is sent again with the same key and the same body until the server answers: it cannot
// count twice. Knows nothing of the page: desk.js listens.
//
// Storage, by judge and sheet: desk.USER.SHEET is what the server confirmed last; desk.USER.SHEET.TAB what one tab
// typed beyond it. Each tab has an entry of its own, so that no tab writes over another: whoever sends second hears
// of the first (409), and the judge chooses line by line. A lock tells which tabs live; the rest was left behind.
(function () {
  "use strict";
  var WAITS = [2000, 4000, 8000, 15000, 30000];
  var AGAIN = [10000, 20000, 40000, 60000]; // a panel that was closed or paused may open again
  var tab = newKey();
  var user = "", token = "", entries = {}, asked = {}, listener = function () {};
  var sending = false, tries = 0, timer = null, signedOut = false;

  function newKey() {
    if (crypto.randomUUID) return crypto.randomUUID();
    // Plain http in a hall's own network: browsers offer randomUUID on secure pages only.
    return "10000000-1000-4000-8000-100000000000".replace(/[018]/g, function (c) {
      return (c ^ (crypto.getRandomValues(new Uint8Array(1))[0] & (15 >> (c / 4)))).toString(16);
    });
  }

  // ── Storage ──
  function nameOf(id, owner) { return "desk." + user + "." + id + (owner ? "." + owner : ""); }
  function read(name) {
    try { return JSON.parse(localStorage.getItem(name)); } catch { return null; }
  }
  function forget(name) { try { localStorage.removeItem(name); } catch { /* nothing was kept */ } }
  function write(name, entry, value) {
    try {
      localStorage.setItem(name, JSON.stringify(value));
    } catch {
      listener("storage-full", entry);
    }
  }
  function keep(entry) {
    if (isDirty(entry)) write(nameOf(entry.id, tab), entry, Object.assign({}, entry, { again: null }));
    else forget(nameOf(entry.id, tab));
  }
  function keepConfirmed(entry) {
    write(nameOf(entry.id), entry, {
      version: entry.version, saved: entry.saved, savedAt: entry.savedAt, status: entry.status,
    });
  }
  // What the server confirmed to this browser after the page at hand was made; null if the page is as new.
  function confirmed(id, version) {
    var known = read(nameOf(id));
    if (known && known.version > version) return known;
    forget(nameOf(id));
    return null;
  }

  // ── Other tabs ──
  function live() {
    if (navigator.locks) navigator.locks.request("desk." + tab, function () { return new Promise(function () {}); });
  }
  // Calls back with each entry whose tab is gone: at once, or when that tab is closed. Without locks at once.
  function leftBehind(tell) {
    var names;
    try { names = Object.keys(localStorage); } catch { return; }
    names.forEach(function (name) {
      var parts = name.split(".");
      if (parts[0] !== "desk" || parts[1] !== user || !parts[3] || parts[3] === tab || asked[name]) return;
      asked[name] = true;
      var look = function () {
        var kept = read(name);
        if (kept && kept.id === parts[2] && kept.fields) tell(kept, function () { forget(name); });
      };
      if (navigator.locks) navigator.locks.request("desk." + parts[3], look);
      else look();
    });
  }
  window.addEventListener("storage", function (event) {
    var parts = (event.key || "").split("."), entry = entries[parts[2]];
    if (parts[0] !== "desk" || parts[1] !== user || !entry || !event.newValue) return;
    if (parts[3]) listener("elsewhere", entry, "typed");
    else if ((read(event.key) || {}).version > entry.version) listener("elsewhere", entry, "saved");
  });

  // ── Entries ──
  // What differs from what the server confirmed. An absent field and an empty one are the same: not marked.
  function changes(entry) {
    var names = Object.keys(Object.assign({}, entry.saved, entry.fields));
    return names.filter(function (name) { return (entry.fields[name] || "") !== (entry.saved[name] || ""); });
  }
  function isDirty(entry) { return Boolean(entry.pending) || changes(entry).length > 0; }
  function isSigning(entry) { return Boolean(entry.wantsSubmit || (entry.pending && entry.pending.submit)); }

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

  // ── Sending ──
  function schedule(wait) {
    clearTimeout(timer);
    timer = setTimeout(flush, wait);
  }

  function nextToSend() {
    return Object.values(entries).find(function (entry) {
      return !entry.isStopped && entry.url && (entry.pending || entry.wantsSubmit || (entry.isReady && changes(entry).length > 0));
    });
  }

  function submit(entry, signature) {
    if (isSigning(entry)) return undefined;
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
    var entry = nextToSend();
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
    if (!signedOut && nextToSend()) schedule(again);
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
    if (response.status === 404) return stop(entry, "这份评分表已不归您评，未保存。");
    var answer = await response.json();
    entry.pending = null;
    if (response.ok) return received(entry, pending, answer);
    if (response.status === 409) {
      entry.isStopped = true;
      listener("conflict", entry, answer);
    } else if (response.status === 400) refused(entry, pending, answer);
    // 422: the key is spent; what was typed goes again under a new one.
    return 0;
  }

  function received(entry, pending, answer) {
    entry.version = answer.version;
    entry.saved = pending.marks;
    entry.savedAt = answer.saved_at;
    entry.status = answer.status;
    entry.stops = 0;
    if (answer.status === "submitted") entry.wantsSubmit = "";
    keepConfirmed(entry);
    listener("saved", entry);
    return 0;
  }

  function refused(entry, pending, answer) {
    if (answer.closed) return stop(entry, answer.closed);
    // A draft that was refused waits for a change; a refused signature leaves the draft as good as it was.
    if (!pending.submit || answer.errors) entry.isReady = false;
    listener("refused", entry, answer);
    return 0;
  }

  // Refused for now, not for ever: asked again after a while, and whenever the judge wants.
  function stop(entry, message) {
    entry.isStopped = true;
    entry.pending = null;
    entry.wantsSubmit = "";
    entry.stops = (entry.stops || 0) + 1;
    clearTimeout(entry.again);
    entry.again = setTimeout(listener, AGAIN[Math.min(entry.stops, AGAIN.length) - 1], "again", entry);
    listener("stopped", entry, message);
    return 0;
  }
  function resume(entry) {
    clearTimeout(entry.again);
    entry.isStopped = false;
    keep(entry);
    schedule(0);
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
    start: function (options) { user = options.user; token = options.token; listener = options.listener; live(); },
    open: open, change: change, changes: changes, submit: submit, keep: keep, isDirty: isDirty, isSigning: isSigning,
    confirmed: confirmed, leftBehind: leftBehind, resume: resume,
    // A tab that is gone has asked for nothing since: its entry goes on here as it was.
    adopt: function (kept) {
      entries[kept.id] = Object.assign(entries[kept.id] || {}, kept, { isStopped: false, again: null, stops: 0 });
      keep(entries[kept.id]);
      schedule(800);
      return entries[kept.id];
    },
    signedIn: function (newToken) { token = newToken; signedOut = false; schedule(0); },
    waiting: function () {
      return Object.values(entries).reduce(function (sum, entry) { return sum + changes(entry).length; }, 0);
    },
    entries: function () { return entries; },
  };
})();
