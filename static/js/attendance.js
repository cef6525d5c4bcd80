// A teacher's list: every tap is kept in this browser first, then sent; where somebody else wrote meanwhile (a scan, a
// colleague), nothing is overwritten and the teacher says. Marks of one learner are one entry: sending twice changes
// nothing. Without this script the form saves by plain POST.
(function () {
  "use strict";
  var WAITS = [2000, 4000, 8000, 15000, 30000], REFRESH = 10000;
  var main = document.querySelector("[data-lesson]"), form = document.querySelector("[data-list]");
  if (!main || !form) return;
  var rows = {}, waiting = {}, sending = false, tries = 0, timer = null, savedAt = "", isStopped = false;
  // The first goes at sign-out (forget-desk.js): what the server said last, for a page that was kept before. The second
  // stays until it has been sent.
  var known = "desk.attendance-" + main.dataset.user + "." + main.dataset.lesson, store = known + ".list";
  var isClosed = "closed" in main.dataset;
  var labels = {};

  function each(selector, act) { Array.from(document.querySelectorAll(selector)).forEach(act); }
  each("[data-row]", function (row) { rows[row.dataset.row] = row; });
  each(".att-mark input", function (input) { labels[input.value] = input.parentNode.textContent.trim(); });
  function chosen(row) {
    var input = row.querySelector("input[type=radio]:checked");
    return input ? input.value : "";
  }
  function choose(row, status) {
    Array.from(row.querySelectorAll("input[type=radio]")).forEach(function (input) { input.checked = input.value === status; });
  }
  function note(row, text, isLoud) {
    var line = row.querySelector("[data-note]");
    line.textContent = text;
    line.classList.toggle("is-loud", Boolean(isLoud));
  }

  // ── What is kept here until the server has it: {learner: [status, status seen]} ──
  function keep() {
    try {
      if (Object.keys(waiting).length) localStorage.setItem(store, JSON.stringify(waiting));
      else localStorage.removeItem(store);
    } catch { notice("本机存不下更多内容，请保持联网，不要关闭本页。"); }
  }
  function restore() {
    var kept = null;
    try { kept = JSON.parse(localStorage.getItem(store)); } catch { /* nothing was kept */ }
    Object.keys(kept || {}).forEach(function (key) {
      if (!rows[key]) return;
      waiting[key] = kept[key];
      choose(rows[key], kept[key][0]);
    });
  }
  function marked(row) {
    var key = row.dataset.row, status = chosen(row);
    if (!status) return;
    if (waiting[key]) waiting[key][0] = status;
    else waiting[key] = [status, row.dataset.seen];
    note(row, "待送出");
    keep();
    show();
    schedule(400);
  }

  // ── Sending ──
  function schedule(wait) {
    clearTimeout(timer);
    timer = setTimeout(flush, wait);
  }
  function token() { return document.querySelector("[name=csrfmiddlewaretoken]").value; }
  function patience() { return AbortSignal.timeout ? AbortSignal.timeout(15000) : undefined; }
  async function flush() {
    if (sending || isStopped) return;
    var sent = JSON.parse(JSON.stringify(waiting));
    if (!Object.keys(sent).length) return refresh();
    sending = true;
    show("sending");
    try {
      var response = await fetch(main.dataset.save, {
        method: "POST", redirect: "manual", credentials: "same-origin", signal: patience(),
        headers: { "Content-Type": "application/json", "X-CSRFToken": token() }, body: JSON.stringify({ marks: sent }),
      });
      if (response.type === "opaqueredirect" || response.status === 403) return stop("登录已过期，点的名已存本机。请重新打开本页并登录，会自动送出。");
      if (response.status === 404) return stop("这一课已不归您点名，点的名没有送出。请联系学院工作人员。");
      if (response.status === 400) return stop((await response.json()).message + "未送出的已存本机。");
      if (!response.ok) throw new Error("not now");
      received(sent, await response.json());
      tries = 0;
      schedule(Object.keys(waiting).length ? 0 : REFRESH);
    } catch {
      schedule(WAITS[Math.min(tries, WAITS.length - 1)]);
      tries += 1;
    } finally {
      sending = false;
      show();
    }
    return undefined;
  }
  function received(sent, answer) {
    savedAt = answer.saved_at;
    Object.keys(sent).forEach(function (key) {
      if (!waiting[key]) return;
      if (waiting[key][0] === sent[key][0]) delete waiting[key];
      else if (!answer.clashing[key]) waiting[key][1] = sent[key][0]; // tapped again meanwhile
    });
    stand(answer.rows);
    Object.keys(answer.clashing).forEach(function (key) {
      var row = rows[key], theirs = labels[answer.clashing[key]] || "", mine = labels[sent[key][0]];
      if (row) note(row, "您标的是“" + mine + "”，期间已另记为“" + theirs + "”，未改动。要改，请再点一次。", true);
    });
    keep();
  }
  // What the server says, wherever nothing of ours waits.
  function stand(states) {
    var strangers = 0;
    try { localStorage.setItem(known, JSON.stringify(states)); } catch { /* the page shows what it was made with */ }
    Object.keys(states).forEach(function (key) {
      var row = rows[key], state = states[key];
      if (!row) { strangers += 1; return; }
      if (waiting[key]) return;
      if (chosen(row) === state[0] && row.dataset.seen === state[0] && row.querySelector(".is-loud")) return;
      row.dataset.seen = state[0];
      row.querySelector("input[type=hidden]").value = state[0];
      choose(row, state[0]);
      note(row, state[1]);
    });
    if (strangers) notice("有 " + strangers + " 人刚入班，刷新本页可见。");
  }
  async function refresh() {
    if (isClosed || document.hidden) return schedule(REFRESH);
    try {
      var response = await fetch(main.dataset.state, { credentials: "same-origin", redirect: "manual", signal: patience() });
      if (!response.ok) throw new Error("not now");
      var answer = await response.json();
      if (answer.is_closed) return location.reload();
      stand(answer.rows);
      tries = 0;
    } catch { tries = Math.max(tries, 1); }
    show();
    schedule(REFRESH);
    return undefined;
  }
  function stop(message) {
    isStopped = true;
    notice(message);
  }
  function notice(message) {
    var box = document.querySelector("[data-notice]");
    box.textContent = message;
    box.hidden = !message;
  }

  // ── What one sees ──
  function show(state) {
    var box = document.querySelector("[data-conn]"), count = Object.keys(waiting).length;
    var isOff = !navigator.onLine || tries > 0;
    box.hidden = false;
    box.className = "conn " + (isOff || isStopped ? "conn-off" : state === "sending" ? "conn-busy" : "conn-ok");
    box.querySelector("b").textContent = isOff || isStopped
      ? (count ? "未送出，已存本机 " + count + " 项" : "未联网")
      : state === "sending" ? "正在保存……" : savedAt ? "已保存 " + savedAt : "已联网";
    box.querySelector("span").textContent = isOff ? "联网后自动送出，请不要清除浏览器数据" : "";
    tally();
    filter();
  }
  function tally() {
    var all = Object.values(rows).map(chosen);
    function count(status) { return all.filter(function (one) { return one === status; }).length; }
    var late = count("late");
    document.querySelector("[data-tally]").textContent = "应到 " + all.length + "　已到 " + (count("present") + late)
      + (late ? "（迟到 " + late + "）" : "") + "　未标 " + count("");
  }
  function filter() {
    var wanted = document.querySelector("[data-find]").value.trim(), only = document.querySelector("[data-only]").checked;
    Object.values(rows).forEach(function (row) {
      row.hidden = (wanted && row.dataset.name.indexOf(wanted) < 0) || (only && Boolean(chosen(row)) && !waiting[row.dataset.row]);
    });
  }

  form.addEventListener("change", function (event) {
    var row = event.target.closest("[data-row]");
    if (row) marked(row);
  });
  form.addEventListener("submit", function (event) { event.preventDefault(); schedule(0); });
  document.addEventListener("input", function (event) { if (event.target.matches("[data-find],[data-only]")) filter(); });
  document.addEventListener("click", function (event) {
    if (!event.target.closest("[data-rest]")) return;
    Object.values(rows).forEach(function (row) {
      if (chosen(row) || row.hidden) return;
      choose(row, "present");
      marked(row);
    });
  });
  // Closing and deciding need the server, and all that was marked before.
  document.addEventListener("submit", function (event) {
    if (!event.target.closest("[data-needs-network]") || !Object.keys(waiting).length) return;
    event.preventDefault();
    notice("还有点名没有送出，送出后再结束考勤。");
  });
  window.addEventListener("online", function () { tries = 0; isStopped = false; schedule(0); show(); });
  window.addEventListener("offline", function () { show(); });

  each("[data-needs-script]", function (element) { element.hidden = false; });
  each("[data-plain]", function (element) { element.hidden = true; });
  if ("kept" in document.body.dataset) {
    try { stand(JSON.parse(localStorage.getItem(known)) || {}); } catch { /* nothing was kept */ }
  }
  restore();
  show();
  schedule(Object.keys(waiting).length ? 0 : REFRESH);
})();
