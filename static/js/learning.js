// How far one has come in an on-line lesson: what was played of each video, the block of text last seen, the end of it
// reached. Kept in this browser until the server has it; what counts is what the server answers.
(function () {
  "use strict";
  var main = document.querySelector("[data-lesson]");
  if (!main) return;
  var EVERY = 10000, AGAIN = 8000, DWELL = 2000;
  var store = "learning." + main.dataset.user + "." + main.dataset.lesson;
  var pending = { videos: {}, block: null, read: false }, sending = false, timer = null, isStopped = false;
  var isRead = "read" in main.dataset, startedAt = Number(main.dataset.block);

  function find(name) { return main.querySelector("[data-" + name + "]"); }
  function all(name) { return Array.from(main.querySelectorAll("[data-" + name + "]")); }
  function clock(seconds) { return Math.floor(seconds / 60) + ":" + String(Math.floor(seconds % 60)).padStart(2, "0"); }
  function isWaiting() { return Object.keys(pending.videos).length > 0 || pending.block !== null || pending.read; }
  function keep() {
    try {
      if (isWaiting()) localStorage.setItem(store, JSON.stringify(pending));
      else localStorage.removeItem(store);
    } catch { /* the next report carries it */ }
  }

  // ── Videos: only what is really played, at the speed of the clock ──
  all("video").forEach(function (video) {
    var key = video.dataset.video, at = Number(video.dataset.at), last = null;
    video.addEventListener("loadedmetadata", function () {
      if (at < 3 || at > video.duration - 3) return;
      video.currentTime = at;
      resumed("上次看到 " + clock(at) + "，从这里继续。");
    });
    video.addEventListener("timeupdate", function () {
      var now = Math.floor(video.currentTime);
      if (video.paused || video.seeking) { last = null; return; }
      if (last !== null && now > last && now - last <= 2) played(key, last, now);
      last = now;
    });
    video.addEventListener("seeking", function () { last = null; });
    video.addEventListener("ratechange", function () { if (video.playbackRate > 1) video.playbackRate = 1; });
    ["pause", "ended"].forEach(function (name) { video.addEventListener(name, function () { send(); }); });
  });
  function played(key, from, to) {
    var one = pending.videos[key] = pending.videos[key] || { ranges: [], second: 0 };
    var end = one.ranges[one.ranges.length - 1];
    if (end && end[1] === from) end[1] = to;
    else one.ranges.push([from, to]);
    one.second = to;
    keep();
    schedule(EVERY);
  }

  // ── Text: where one is, and whether its end was seen ──
  var text = find("text"), end = find("end");
  function follow() {
    if (!window.IntersectionObserver) return;
    var blocks = text ? Array.from(text.children).filter(function (block) { return block !== find("resume"); }) : [];
    var watcher = new IntersectionObserver(function (entries) {
      entries.forEach(function (entry) {
        if (!entry.isIntersecting || isRead) return;
        pending.block = blocks.indexOf(entry.target);
        keep();
        schedule(EVERY);
      });
    }, { rootMargin: "-20% 0px -70% 0px" }); // the line that one reads
    blocks.forEach(function (block) { watcher.observe(block); });
    var dwelling = null;
    if (end) new IntersectionObserver(function (entries) {
      clearTimeout(dwelling);
      if (isRead || !entries[entries.length - 1].isIntersecting) return;
      dwelling = setTimeout(function () {
        isRead = pending.read = true;
        keep();
        send();
      }, DWELL);
    }).observe(end);
  }
  function resumed(words) {
    var line = find("resume");
    line.textContent = words;
    line.hidden = false;
  }

  // ── Sending ──
  function schedule(wait) {
    if (timer === null) timer = setTimeout(function () { timer = null; send(); }, wait);
  }
  function next() {
    var key = Object.keys(pending.videos)[0], report = { block: pending.block, read: pending.read };
    if (key) Object.assign(report, { material: Number(key), second: pending.videos[key].second, ranges: pending.videos[key].ranges });
    return report;
  }
  async function send(isLeaving) {
    if (sending || isStopped) return;
    var report = next();
    sending = true;
    pending.block = null;
    pending.read = false;
    if (report.material) delete pending.videos[report.material];
    try {
      var response = await fetch(main.dataset.progress, {
        method: "POST", credentials: "same-origin", redirect: "manual", keepalive: Boolean(isLeaving),
        headers: { "Content-Type": "application/json", "X-CSRFToken": main.querySelector("[name=csrfmiddlewaretoken]").value },
        body: JSON.stringify(report),
      });
      if (response.type === "opaqueredirect" || response.status === 403) return stop("登录已过期，学习进度还没有保存完。请重新打开本页并登录，会接着保存。", report);
      if (response.status === 400 || response.status === 404) return stop("学习进度没有保存：" + await why(response), report);
      if (!response.ok) throw new Error("not now");
      show(await response.json());
      if (isWaiting()) schedule(0);
    } catch {
      putBack(report);
      find("saved").textContent = "未联网，进度已存本机";
      schedule(AGAIN);
    } finally {
      sending = false;
      keep();
    }
    return undefined;
  }
  async function why(response) {
    try { return (await response.json()).message || "请刷新本页。"; } catch { return "请刷新本页。"; }
  }
  function putBack(report) {
    if (pending.block === null) pending.block = report.block;
    pending.read = pending.read || report.read;
    if (!report.material) return;
    var one = pending.videos[report.material];
    if (one) one.ranges = report.ranges.concat(one.ranges);
    else pending.videos[report.material] = { ranges: report.ranges, second: report.second };
  }
  function stop(message, report) {
    putBack(report);
    isStopped = true;
    var box = find("notice");
    box.textContent = message;
    box.hidden = false;
  }
  function show(answer) {
    find("saved").textContent = "已保存 " + answer.saved_at;
    find("done").textContent = answer.is_done ? "已学完" : "学习中";
    find("lacking").textContent = answer.lacking;
    all("watched").forEach(function (line) {
      var seen = (answer.seen[line.dataset.watched] || []).reduce(function (sum, pair) { return sum + pair[1] - pair[0]; }, 0);
      line.textContent = "已看 " + seen + " / " + line.dataset.seconds + " 秒";
    });
  }

  document.addEventListener("visibilitychange", function () { if (document.hidden && isWaiting()) send(true); });
  window.addEventListener("online", function () { if (isWaiting()) send(); });
  all("plain").forEach(function (element) { element.hidden = true; });
  try {
    var kept = JSON.parse(localStorage.getItem(store));
    if (kept && kept.videos) pending = kept;
  } catch { /* nothing was kept */ }
  if (text && startedAt > 0 && text.children[startedAt] && !isRead) {
    history.scrollRestoration = "manual";
    resumed("上次读到这里，接着读。");
    text.children[startedAt].before(find("resume"));
    find("resume").scrollIntoView({ block: "start" });
  }
  follow();
  send();
})();
