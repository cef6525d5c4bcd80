// The judging desk at work: taps and keys, what the outbox reports, one tap from candidate to candidate.
// The other candidates of the panel are loaded beforehand, so that the bar works without a connection too.
(function () {
  "use strict";
  var outbox = window.deskOutbox, page = window.deskPage, pages = {}, left = [];
  var isKept = "kept" in document.body.dataset, briefIsOpen = true;

  // ── Opening a sheet ──
  function begin(main) {
    var given = main.dataset, version = Number(given.version), fields;
    page.turnTo(main, null);
    fields = page.read().fields;
    var entry = outbox.open({ id: given.sheet });
    if (!entry.url || (!outbox.isDirty(entry) && version >= entry.version)) {
      Object.assign(entry, {
        url: given.url, version: version, status: given.status, savedAt: given.savedAt, title: given.title,
        binding: page.find("[name=binding]").value, saved: fields, fields: fields, isReady: true,
      });
      catchUp(entry);
    }
    page.turnTo(main, entry);
    pages[given.sheet] = { main: main };
    page.write(entry.fields);
    page.each("[data-needs-script],[data-add-deduction]", function (element) { element.hidden = false; });
    page.each("[data-save]", function (element) { element.hidden = true; });
    page.each("[data-brief]", function (element) { element.open = briefIsOpen; });
    page.show();
    page.showConn();
    if ("closed" in given) page.lock();
    else if (entry.status === "submitted") finished();
    else if (entry.isStopped && entry.why) stopped(entry);
    markLeft();
    present();
  }
  // A page kept for times without a network may be older than what the server has confirmed to this browser since.
  function catchUp(entry) {
    var known = outbox.confirmed(entry.id, entry.version);
    if (!known) return;
    Object.assign(entry, known);
    entry.fields = Object.assign({}, known.saved);
  }
  function finished() {
    page.lock();
    page.notice("评分表已提交。确需修改，请" + page.main().dataset.asked + "退回。");
  }

  // What is here and not at the server: offered, never put in unasked. A page that opened without a network goes on
  // where it was: there is nothing else to go on from.
  function found(kept, forget) {
    var entry = outbox.entries()[kept.id], isUntouched = !entry || !outbox.isDirty(entry);
    if (isKept && isUntouched && kept.url && !left.some(function (one) { return one.kept.id === kept.id; })) {
      forget();
      entry = outbox.adopt(kept);
      if (entry === page.entry()) page.write(entry.fields);
    } else left.push({ kept: kept, forget: forget });
    page.show();
    page.showConn();
    markLeft();
    present();
  }
  function present() {
    var entry = page.entry(), box = page.dialog("restore");
    var one = left.find(function (each) { return each.kept.id === entry.id; });
    if (!one || box.open) return;
    var kept = one.kept, isClosed = "closed" in page.main().dataset;
    var names = outbox.changes(kept).filter(function (name) { return (kept.fields[name] || "") !== (entry.saved[name] || ""); });
    var isSigned = Boolean(kept.pending && kept.pending.submit && entry.status !== "submitted");
    var list = names.map(describe(kept.fields)).join("，");
    if (isClosed && names.length) {
      return page.notice("本机还有未送达的内容：" + list + "。可重试；仍不能送出的，请抄下交" + page.main().dataset.asked + "处理。",
        [["重试", function () { retry(entry); }]]);
    }
    left.splice(left.indexOf(one), 1);
    if (!names.length && !isSigned) {
      one.forget();
      return present();
    }
    box.querySelector("[data-restore-text]").textContent = new Date(kept.at).toTimeString().slice(0, 5) + " 在本机填写、尚未送达的有 "
      + names.length + " 项" + (names.length ? "：" + list : "") + (isSigned ? "；已签名的提交也未送达" : "") + "。";
    box.onclose = function () {
      one.forget();
      if (box.returnValue === "restore") restore(entry, kept, names);
      setTimeout(present, 600); // the second tap of a double tap is no answer to the next question
    };
    box.oncancel = function (event) { event.preventDefault(); };
    box.showModal();
  }
  function restore(entry, kept, names) {
    var fields = page.read().fields;
    names.forEach(function (name) { fields[name] = kept.fields[name]; });
    // Where a value was changed elsewhere since, it goes by the version it was based on: the server answers with both.
    var isOvertaken = names.some(function (name) { return (kept.saved[name] || "") !== (entry.saved[name] || ""); });
    if (isOvertaken) entry.version = Math.min(kept.version, entry.version);
    // Under the key it may have been sent with.
    entry.pending = entry.pending || kept.pending;
    page.write(fields);
    changed();
  }
  // Sends again what was refused for now; a page that says it is closed, and nothing to send: asks for the page again.
  async function retry(entry) {
    var given = page.main().dataset, isClosed = "closed" in given && !("forNow" in given);
    if (entry === page.entry() && (isClosed || !outbox.isDirty(entry))) {
      entry.isStopped = false;
      await reload(entry);
    }
    outbox.resume(entry);
  }
  function markLeft() {
    page.each(".strip [data-to]", function (link) {
      if (!left.some(function (one) { return one.kept.id === link.dataset.to; })) return;
      page.find("[data-state]", link).textContent = "本机未送达";
      page.find("[data-state]", link).className = "mark mark-local";
    });
  }
  function nameOf(name) {
    var item = page.find("[data-criterion='" + name + "'] h2");
    return item ? item.textContent : name.endsWith("points") ? "扣分" : "扣分事由";
  }
  function describe(fields) {
    return function (name) { return nameOf(name) + " " + (fields[name] || "未评"); };
  }

  function changed() {
    var now = page.read();
    outbox.change(page.entry(), now.fields, now.isReady);
  }

  // ── Taps and keys ──
  function step(item, by) {
    var input = page.find("input[type=text]", item), most = page.hundredths(item.dataset.max);
    var value = page.hundredths(page.tidy(input.value)), size = page.hundredths(item.dataset.step);
    if (input.readOnly) return;
    // From a blank, minus begins at full marks and plus at the first step: zero is never a slip of the finger.
    if (Number.isNaN(value)) value = by < 0 ? most : size;
    else value = Math.min(Math.max((by > 0 ? Math.floor(value / size) : Math.ceil(value / size)) * size + by * size, 0), most);
    input.value = page.text300(value * 3);
    changed();
  }
  document.addEventListener("click", function (event) {
    var target = event.target.closest("button,a");
    if (!target) return;
    var item = target.closest("[data-criterion]");
    if (target.dataset.by) step(item, Number(target.dataset.by));
    else if (target.dataset.value !== undefined && item) {
      page.find("input[type=text]", item).value = target.dataset.value;
      changed();
      // The button goes away with the blank; the focus stays with the criterion.
      page.find("input[type=text]", item).focus({ preventScroll: true });
    } else if ("addDeduction" in target.dataset) page.addDeduction();
    else if ("close" in target.dataset) target.closest("dialog").close();
    else if (target.dataset.to && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      go(target.dataset.to, target.href, true);
    }
  });
  document.addEventListener("input", function (event) {
    if (event.target.closest("[data-criterion],[data-line]")) changed();
  });
  document.addEventListener("focusout", function (event) {
    if (event.target.closest(".stepper input")) event.target.value = page.tidy(event.target.value);
  });
  document.addEventListener("keydown", function (event) {
    var input = event.target;
    if (!input.matches(".stepper input,[data-line] input")) return;
    var item = input.closest("[data-criterion]");
    if (item && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      step(item, event.key === "ArrowUp" ? 1 : -1);
    } else if (event.key === "Enter") {
      event.preventDefault();
      var places = Array.from(page.main().querySelectorAll(".stepper input,.options input:checked,#signature"));
      var next = places[places.indexOf(input) + 1];
      if (next) next.focus();
      if (next && next.select) next.select();
    }
  });
  document.addEventListener("submit", function (event) {
    if (event.target.matches(".desk-form-sheet")) {
      event.preventDefault();
      sign();
    } else if (event.target.matches("[data-sign-in]")) {
      event.preventDefault();
      signIn(event.target);
    } else if (event.target.matches("[data-recuse]") && !navigator.onLine) {
      event.preventDefault();
      page.notice("未联网，暂不能登记回避；联网后再试。");
    } else if (event.target.matches("[data-sign-out]") && (outbox.waiting() || left.length)) {
      event.preventDefault();
      page.notice("本机还有未送达的内容。现在退出，要等您在这台设备上重新登录、打开该表才会送出。", [
        ["仍要退出", function () { HTMLFormElement.prototype.submit.call(event.target); }],
      ]);
    }
  });
  document.addEventListener("toggle", function (event) {
    if (event.target.matches("[data-brief]")) briefIsOpen = event.target.open;
  }, true);
  function sign() {
    var signature = page.find("#signature"), name = page.main().dataset.judge;
    if (!signature || page.find("[data-submit]").disabled) return;
    if (signature.value.replace(/\s/g, "") !== name.replace(/\s/g, "")) {
      page.find("[data-why]").textContent = "签名须与本人姓名“" + name + "”一致。";
      return signature.focus();
    }
    outbox.submit(page.entry(), signature.value);
    page.show();
  }

  // ── What the outbox reports ──
  var heard = {
    "offline": function () { page.offline(true); },
    "signed-out": function () {
      var box = page.dialog("sign-in"), ask = function () { if (!box.open) box.showModal(); };
      page.notice("登录已过期，填写的内容已存本机；登录后自动送出。", [["重新登录", ask]]);
      ask();
    },
    "conflict": function (entry, answer) { conflict(entry, answer); },
    "refused": function (entry, answer) {
      page.notice(answer.message || "有填写不合规的项，本次未保存；内容仍在本机。");
      Object.keys(answer.errors || {}).forEach(function (name) {
        var item = page.find("[data-criterion='" + name + "']");
        if (item) page.find("[data-error]", item).textContent = answer.errors[name].join("");
      });
    },
    "stopped": function (entry, message) {
      entry.why = message + "未送达的内容仍在本机，稍后会自动重试。";
      if (entry === page.entry()) stopped(entry);
    },
    "again": function (entry) { retry(entry); },
    "elsewhere": function (entry, what) {
      if (entry !== page.entry()) return;
      if (what === "typed") page.notice("另一个标签页也在填写这份评分表。两边填得不同的，送出时由您逐项选定。");
      else page.notice("另一个标签页已保存这份评分表。", [["载入最新", function () { reload(entry); }]]);
    },
    "storage-full": function () { page.notice("本机存不下更多内容，请保持联网，不要关闭本页。"); },
    "saved": function (entry) {
      page.offline(false);
      if (entry === page.entry()) {
        page.notice("");
        page.unlock();
      }
      if (entry.status === "submitted") reload(entry);
    },
  };
  function stopped(entry) {
    page.lock(true);
    page.notice(entry.why, [["重试", function () { retry(entry); }]]);
  }
  function listener(kind, entry, answer) {
    if (heard[kind]) heard[kind](entry, answer);
    page.show();
    page.showConn(kind);
  }

  // Two values for one criterion: the judge says line by line which one stands.
  function conflict(entry, answer) {
    if (entry !== page.entry()) go(entry.id, entry.url.replace(/save\/$/, ""), true);
    var names = outbox.changes({ fields: entry.fields, saved: answer.fields }), box = page.dialog("conflict");
    entry.version = answer.version;
    entry.savedAt = answer.saved_at;
    entry.saved = Object.assign({}, answer.fields);
    if (!names.length) return outbox.resume(entry);
    box.querySelector("[data-conflict-at]").textContent = answer.saved_at;
    box.querySelector("[data-conflict-rows]").replaceChildren.apply(box.querySelector("[data-conflict-rows]"), names.map(function (name) {
      return row(name, entry.fields[name] || "", answer.fields[name] || "");
    }));
    box.oncancel = function (event) { event.preventDefault(); };
    box.onclose = function () {
      var chosen = Object.assign({}, entry.fields);
      names.forEach(function (name) { chosen[name] = box.querySelector("[name='x-" + name + "']:checked").value; });
      page.write(chosen);
      outbox.resume(entry);
      changed();
    };
    box.showModal();
  }
  function row(name, mine, theirs) {
    var tr = document.createElement("tr"), th = document.createElement("th");
    th.scope = "row";
    th.textContent = nameOf(name);
    tr.append(th, choice(name, mine, "本页", true), choice(name, theirs, "别处", false));
    return tr;
  }
  function choice(name, value, place, isChosen) {
    var td = document.createElement("td"), label = document.createElement("label"), radio = document.createElement("input");
    radio.type = "radio";
    radio.name = "x-" + name;
    radio.value = value;
    radio.checked = isChosen;
    radio.setAttribute("aria-label", nameOf(name) + "用" + place + "的：" + (value || "未评"));
    label.append(radio, " " + (value || "未评"));
    td.append(label);
    return td;
  }

  async function signIn(form) {
    var error = form.querySelector("[data-sign-in-error]"), address = form.action + "?next=" + encodeURIComponent(location.pathname);
    error.textContent = "";
    try {
      var fresh = parse(await (await fetch(address, { credentials: "same-origin" })).text());
      var body = new URLSearchParams(new FormData(form));
      body.set("csrfmiddlewaretoken", tokenOf(fresh));
      body.set("next", location.pathname);
      var response = await fetch(form.action, { method: "POST", body: body, credentials: "same-origin" });
      var after = parse(await response.text()), main = after.querySelector("main[data-sheet]");
      if (!main) {
        error.textContent = response.status === 429 ? "密码连续输错，登录已暂停，请稍后再试或联系工作人员。" : "密码不正确，请重新输入。";
        return;
      }
      page.each("[name=password]", function (input) { input.value = ""; }, form);
      page.dialog("sign-in").close();
      page.notice("");
      outbox.signedIn(tokenOf(after));
    } catch {
      error.textContent = "未联网，暂时不能登录；内容仍在本机。";
    }
  }

  // ── From candidate to candidate ──
  function parse(text) { return new DOMParser().parseFromString(text, "text/html"); }
  function tokenOf(root) { return root.querySelector("[name=csrfmiddlewaretoken]").value; }
  async function load(url, wait) {
    var response = await fetch(url, { credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(wait) });
    return response.ok ? parse(await response.text()).querySelector("main[data-sheet]") : null;
  }
  async function go(id, url, isNew) {
    var known = pages[id], entry = outbox.entries()[id], main = known && known.main;
    var isSettled = !entry || !entry.url || !outbox.isDirty(entry);
    if (navigator.onLine && isSettled) {
      main = await load(url, 2500).catch(function () { return null; }) || main;
    }
    // Without a network the worker may have it, if this browser has one.
    if (!main) main = await load(url, 2500).catch(function () { return null; });
    if (!main) return page.notice("未联网，这一位的评分表还没有载入；联网后再打开。");
    page.main().replaceWith(main);
    document.title = main.dataset.title + " · 评分台";
    if (isNew) history.pushState({ id: id }, "", url);
    begin(main);
    window.scrollTo(0, 0);
    main.focus({ preventScroll: true });
    var here = page.find(".strip [aria-current]");
    if (here) here.scrollIntoView({ block: "nearest", inline: "center" });
  }
  async function reload(entry) {
    var main = await load(entry.url.replace(/save\/$/, ""), 5000).catch(function () { return null; });
    delete pages[entry.id];
    if (entry !== page.entry()) return;
    if (!main) return entry.status === "submitted" ? finished() : page.notice("未联网，暂时不能重新载入。", [["重试", function () { retry(entry); }]]);
    page.main().replaceWith(main);
    begin(main);
    if (entry.status === "submitted") window.scrollTo(0, 0);
  }
  // What is loaded ahead is kept by the worker that it passes through: the very first page waits for it a moment.
  function keeper() {
    var workers = navigator.serviceWorker;
    if (!workers || workers.controller) return Promise.resolve();
    return new Promise(function (done) {
      workers.addEventListener("controllerchange", done, { once: true });
      setTimeout(done, 5000);
    });
  }
  async function loadAhead() {
    await keeper();
    var links = Array.from(page.main().querySelectorAll(".strip [data-to]"));
    for (var link of links) {
      if (pages[link.dataset.to]) continue;
      var main = await load(link.href, 8000).catch(function () { return null; });
      if (main && !pages[link.dataset.to]) pages[link.dataset.to] = { main: main };
    }
  }
  window.addEventListener("popstate", function () {
    var id = /sheets\/([0-9a-f-]+)\//.exec(location.pathname);
    if (id) go(id[1], location.href, false);
  });
  window.addEventListener("offline", function () { page.offline(true); listener("offline"); });
  window.addEventListener("online", function () { page.offline(false); listener("online"); loadAhead(); });

  var first = document.querySelector("main[data-sheet]");
  outbox.start({ user: first.dataset.user, token: tokenOf(document), listener: listener });
  if (isKept) page.offline(true);
  begin(first);
  outbox.leftBehind(found);
  setTimeout(loadAhead, 600);
})();
