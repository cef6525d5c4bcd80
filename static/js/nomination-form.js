// The long form of a nomination: saved while one types, kept in this browser until the server has it (outbox.js), and
// nothing overwritten that another page has saved meanwhile. Without this script the buttons save by plain POST.
(function () {
  "use strict";
  var main = document.querySelector("[data-nomination]");
  if (!main) return;
  var outbox = window.deskOutbox, form = document.getElementById("step"), status = main.querySelector("[data-saved]");
  var standing = status.textContent;
  var names = main.dataset.fields.split(" ").filter(Boolean), entry, wanted = null;

  function field(name) { return form.elements[name]; }
  function read() {
    var fields = {};
    names.forEach(function (name) {
      var input = field(name);
      fields[name] = input.type === "checkbox" ? (input.checked ? "on" : "") : input.value.replace(/\r\n?/g, "\n");
    });
    return fields;
  }
  function write(fields) {
    names.forEach(function (name) {
      var input = field(name);
      if (input.type === "checkbox") input.checked = Boolean(fields[name]);
      else input.value = fields[name] || "";
    });
    count();
  }
  function labelOf(name) {
    var label = main.querySelector("label[for='" + field(name).id + "']");
    return label ? label.textContent.trim() : name;
  }
  function changed() { outbox.change(entry, read(), true); }
  // The server trims what it keeps.
  function same(a, b) { return (a || "").trim() === (b || "").trim(); }

  // ── Characters, counted as the server counts them ──
  var counted = Array.from(form.querySelectorAll("[data-count]"));
  counted.forEach(function (area) {
    var line = document.createElement("p");
    line.className = "counter num";
    line.id = area.id + "-counter";
    area.after(line);
    area.setAttribute("aria-describedby", [area.getAttribute("aria-describedby"), line.id].filter(Boolean).join(" "));
  });
  function count() {
    counted.forEach(function (area) {
      var most = Number(area.dataset.count), length = Array.from(area.value.replace(/\r\n?/g, "\n").trim()).length;
      var line = document.getElementById(area.id + "-counter");
      line.textContent = length > most ? "已填 " + length + " 字，超出 " + (length - most) + " 字" : "已填 " + length + " / " + most + " 字";
      line.classList.toggle("is-over", length > most);
    });
  }

  // ── What one sees of the saving ──
  function say(text, isOff) {
    status.textContent = text;
    status.classList.toggle("is-off", Boolean(isOff));
  }
  function notice(text, label, act) {
    var box = main.querySelector("[data-notice]");
    box.hidden = !text;
    box.textContent = text || "";
    if (label) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "link";
      button.textContent = label;
      button.addEventListener("click", act);
      box.append(" ", button);
    }
  }
  function dialog(name) { return document.querySelector("[data-dialog='" + name + "']"); }
  function offline() {
    say("未联网，已存本机 " + outbox.waiting() + " 项", true);
    if (wanted) notice("未联网，还不能翻页；填写的内容已存本机，联网后自动保存。");
    wanted = null;
  }
  function showStanding() {
    if (!navigator.onLine) return offline();
    if (outbox.isDirty(entry)) return say("正在保存……");
    say(entry.savedAt ? "已保存 " + entry.savedAt : standing);
  }
  var heard = {
    offline: offline,
    saved: function () {
      form.elements.version.value = entry.version;
      notice("");
      goOn();
    },
    conflict: function (_, answer) { clash(answer); },
    "signed-out": function () {
      wanted = null;
      notice("登录已过期，填写的内容已存本机；登录后自动保存。", "重新登录", askToSignIn);
      askToSignIn();
    },
    refused: function (_, answer) {
      wanted = null;
      say("没有保存", true);
      var lines = Object.keys(answer.errors || {}).map(function (name) { return labelOf(name) + "：" + answer.errors[name].join(""); });
      notice(answer.message || "有填写不合规的项，未保存；内容仍在本机。" + lines.join("；"));
    },
    stopped: function (_, message) {
      wanted = null;
      say("没有保存", true);
      notice(/评分表/.test(message) ? "这份申报现在不能修改，未保存；填写的内容仍在本机。" : message);
    },
    "storage-full": function () { notice("本机存不下更多内容，请保持联网，不要关闭本页。"); },
  };
  function listener(kind, changedEntry, answer) {
    if (heard[kind]) heard[kind](changedEntry, answer);
    if (["offline", "signed-out", "stopped", "refused"].indexOf(kind) < 0) showStanding();
  }

  // ── Buttons wait until the draft is safe, then go as they would without a script ──
  form.addEventListener("submit", function (event) {
    if (navigator.onLine && !outbox.isDirty(entry)) {
      form.elements.version.value = entry.version;
      return;
    }
    event.preventDefault();
    wanted = event.submitter;
    if (!navigator.onLine) return offline();
    changed();
  });
  function goOn() {
    var button = wanted;
    if (!button || outbox.isDirty(entry)) return;
    wanted = null;
    form.requestSubmit(button);
  }

  // ── Saved elsewhere: only what both have changed is asked about ──
  function clash(answer) {
    var base = entry.saved, mine = entry.fields, theirs = answer.fields, chosen = Object.assign({}, mine);
    var both = names.filter(function (name) {
      if (same(mine[name], theirs[name]) || same(base[name], theirs[name])) return false;
      if (!same(mine[name], base[name])) return true;
      chosen[name] = theirs[name] || "";
      return false;
    });
    entry.version = answer.version;
    entry.savedAt = answer.saved_at;
    entry.saved = Object.assign({}, theirs);
    if (!both.length) return settle(chosen);
    var box = dialog("conflict");
    box.querySelector("[data-conflict-at]").textContent = answer.saved_at;
    box.querySelector("[data-conflict-rows]").replaceChildren.apply(
      box.querySelector("[data-conflict-rows]"),
      both.map(function (name) { return question(name, mine[name], theirs[name]); })
    );
    box.oncancel = function (event) { event.preventDefault(); };
    box.onclose = function () {
      both.forEach(function (name) {
        chosen[name] = box.querySelector("[name='x-" + name + "']:checked").value === "mine" ? mine[name] : theirs[name];
      });
      settle(chosen);
    };
    box.showModal();
  }
  function settle(chosen) {
    write(chosen);
    outbox.resume(entry);
    changed();
    goOn();
  }
  function shown(name, value) {
    var input = field(name);
    if (input.type === "checkbox") return value ? "是" : "否";
    if (input.tagName !== "SELECT") return value || "（空）";
    var option = Array.from(input.options).find(function (each) { return each.value === value; });
    return option ? option.textContent : "（空）";
  }
  function question(name, mine, theirs) {
    var set = document.createElement("fieldset"), legend = document.createElement("legend");
    set.className = "clash";
    legend.textContent = labelOf(name);
    set.append(legend, choice(name, "mine", "本页填写", mine), choice(name, "theirs", "别处保存", theirs));
    return set;
  }
  function choice(name, key, place, value) {
    var label = document.createElement("label"), radio = document.createElement("input"), text = document.createElement("span");
    radio.type = "radio";
    radio.name = "x-" + name;
    radio.value = key;
    radio.checked = key === "mine";
    text.textContent = shown(name, value);
    label.append(radio, place, text);
    return label;
  }

  // ── Signing in again without leaving what was typed ──
  function askToSignIn() {
    var box = dialog("sign-in");
    if (!box.open) box.showModal();
  }
  function parse(text) { return new DOMParser().parseFromString(text, "text/html"); }
  function tokenOf(root) { return root.querySelector("[name=csrfmiddlewaretoken]").value; }
  async function signIn(login) {
    var error = login.querySelector("[data-sign-in-error]"), address = login.action + "?next=" + encodeURIComponent(location.pathname);
    error.textContent = "";
    try {
      var fresh = parse(await (await fetch(address, { credentials: "same-origin" })).text());
      var body = new URLSearchParams(new FormData(login));
      body.set("csrfmiddlewaretoken", tokenOf(fresh));
      body.set("next", location.pathname);
      var response = await fetch(login.action, { method: "POST", body: body, credentials: "same-origin" });
      var after = parse(await response.text());
      if (!after.querySelector("[data-nomination]")) {
        error.textContent = response.status === 429 ? "密码连续输错，登录已暂停，请稍后再试或联系工作人员。" : "密码不正确，请重新输入。";
        return;
      }
      login.querySelector("[name=password]").value = "";
      document.querySelectorAll("[name=csrfmiddlewaretoken]").forEach(function (input) { input.value = tokenOf(after); });
      dialog("sign-in").close();
      notice("");
      outbox.signedIn(tokenOf(after));
    } catch {
      error.textContent = "未联网，暂时不能登录；内容仍在本机。";
    }
  }
  document.addEventListener("submit", function (event) {
    if (!event.target.matches("[data-sign-in]")) return;
    event.preventDefault();
    signIn(event.target);
  });
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
  });

  // ── Opening the page ──
  outbox.start({ user: "nomination-" + main.dataset.user, token: tokenOf(document), listener: listener });
  entry = outbox.open({ id: main.dataset.nomination });
  Object.assign(entry, {
    url: main.dataset.save, version: Number(form.elements.version.value), binding: "", saved: read(), fields: read(), isReady: true,
  });
  form.addEventListener("input", function () { count(); changed(); });
  form.addEventListener("change", function () { changed(); });
  window.addEventListener("offline", offline);
  window.addEventListener("online", showStanding);
  count();
  showStanding();
  outbox.leftBehind(function (kept, forget) {
    if (kept.id === entry.id) offer(kept, forget);
  });

  // What a page that is gone left here and the server has not: offered, never put in unasked.
  function offer(kept, forget) {
    var differing = names.filter(function (name) { return !same(kept.fields[name], entry.saved[name]); });
    if (!differing.length) return forget();
    var box = dialog("restore"), at = new Date(kept.at);
    if (box.open) return; // one at a time: this one is offered when the page opens again
    box.querySelector("[data-restore-text]").textContent =
      at.toLocaleString("zh-CN", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" }) +
      " 在本机填写、尚未保存的有 " + differing.length + " 项：" + differing.map(labelOf).join("、") + "。";
    box.oncancel = function (event) { event.preventDefault(); };
    box.onclose = function () {
      forget();
      if (box.returnValue !== "restore") return;
      // Based on what it was based on then, under the key it may have been sent with.
      entry.version = kept.version;
      entry.saved = kept.saved;
      entry.pending = kept.pending;
      write(kept.fields);
      changed();
    };
    box.showModal();
  }
})();
