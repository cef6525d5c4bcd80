// The form of one sheet: reads it, writes it, and shows what follows from it: running total, what is blank, what is
// only in this browser. desk.js acts on it, outbox.js keeps and sends. Figures are exact: no floating point.
(function () {
  "use strict";
  var outbox = window.deskOutbox;
  var main = document.querySelector("main[data-sheet]");
  var conn = document.querySelector("[data-conn]");
  var entry = null, isOffline = false;

  function each(selector, work, root) { (root || main).querySelectorAll(selector).forEach(work); }
  function find(selector, root) { return (root || main).querySelector(selector); }
  function dialog(name) { return document.querySelector("[data-dialog=" + name + "]"); }

  // ── Exact numbers: points are counted in 1/300, marks have hundredths and judgement levels make thirds ──
  function tidy(text) { return text.normalize("NFKC").replace(/[。,]/g, ".").replace(/\s/g, ""); }
  function hundredths(text) {
    var parts = /^(\d{1,4})(?:\.(\d{0,2}))?$/.exec(text);
    return parts ? Number(parts[1]) * 100 + Number(((parts[2] || "") + "00").slice(0, 2)) : NaN;
  }
  function text300(units) {
    var whole = Math.floor(units / 300), rest = units % 300;
    if (rest % 3) return whole + "." + String(Math.floor((rest * 10000) / 300)).padStart(4, "0") + "…";
    var tail = String(rest / 3).padStart(2, "0").replace(/0+$/, "");
    return tail ? whole + "." + tail : String(whole);
  }
  function worth(item, value) {
    if (item.dataset.kind === "judgement") return hundredths(item.dataset.max) * Number(value);
    return hundredths(value) * 3;
  }
  function complaint(item, value) {
    if (!value || item.dataset.kind !== "points") return "";
    var given = hundredths(value), most = hundredths(item.dataset.max), step = hundredths(item.dataset.step);
    if (Number.isNaN(given)) return "请填数字，如 8.5。";
    if (given > most) return "应在 0 到 " + item.dataset.max + " 分之间。";
    return given % step ? "以 " + item.dataset.step + " 分为一档。" : "";
  }

  // ── Reading and showing the form ──
  function valueOf(item) {
    var input = find("input[type=radio]:checked", item) || find("input[type=text]", item);
    return input ? tidy(input.value) : "";
  }
  function setValue(item, value) {
    var radio = find("input[type=radio][value='" + value + "']", item);
    if (radio) radio.checked = true;
    else if (find("input[type=text]", item)) find("input[type=text]", item).value = value;
  }
  function read() {
    var fields = {}, isReady = true;
    each("[data-criterion]", function (item) {
      var value = valueOf(item), problem = complaint(item, value);
      fields[item.dataset.criterion] = value;
      find("[data-error]", item).textContent = problem;
      var input = find("input[type=text]", item);
      if (input) input.toggleAttribute("aria-invalid", Boolean(problem));
      if (problem) isReady = false;
    });
    each("[data-line]", function (line) {
      var inputs = line.querySelectorAll("input"), points = tidy(inputs[0].value), reason = inputs[1].value.trim();
      var isBad = points && !(hundredths(points) > 0);
      var problem = isBad ? "扣分请填大于 0 的数字。" : points && !reason ? "请写明事由。" : !points && reason ? "请填扣多少分。" : "";
      find("[data-error]", line).textContent = problem;
      if (problem) isReady = false;
      fields[inputs[0].name] = points;
      fields[inputs[1].name] = reason;
    });
    return { fields: fields, isReady: isReady };
  }
  function write(fields) {
    each("[data-criterion]", function (item) { setValue(item, fields[item.dataset.criterion] || ""); });
    while (Object.keys(fields).some(function (name) { return name[0] === "d" && fields[name] && !find("[name='" + name + "']"); })) {
      if (!addDeduction()) break;
    }
    each("[data-line] input", function (input) { input.value = fields[input.name] || ""; });
  }

  function deducted() {
    var sum = 0;
    find("[data-deductions]").dataset.shared.trim().split(/\s+/).forEach(function (text) { sum += hundredths(text) || 0; });
    each("[data-line]", function (line) { sum += hundredths(tidy(find("input", line).value)) || 0; });
    return sum;
  }
  function show() {
    var total = 0, blanks = [], count = 0, changed = entry ? outbox.changes(entry) : [];
    each("[data-criterion]", function (item) {
      var value = valueOf(item), isBad = complaint(item, value), state = find("[data-mark-state]", item);
      count += 1;
      if (!value) blanks.push(item);
      else if (!isBad) total += worth(item, value);
      item.classList.toggle("is-blank", !value);
      if (find("[data-quick]", item)) find("[data-quick]", item).hidden = Boolean(value);
      var isLocal = changed.includes(item.dataset.criterion);
      state.textContent = isLocal ? (value ? "已存本机" : "未评，已存本机") : value ? "已保存" : "未评";
      state.className = "st " + (isLocal ? "st-local" : value ? "st-ok" : "st-blank");
      summary(item, value);
    });
    showStrip();
    var off = deducted();
    find("[data-summary-deducted] td").textContent = off ? "−" + text300(off * 3) : "0";
    var text = text300(Math.max(total - off * 3, 0));
    each("[data-total]", function (place) { place.textContent = text; });
    showBlanks(blanks, count);
  }
  // The bar knows of the other candidates what this page has seen of them since it was opened.
  function showStrip() {
    var known = outbox.entries();
    each(".strip [data-to]", function (link) {
      var other = known[link.dataset.to], state = find("[data-state]", link);
      if (!other) return;
      var isLocal = outbox.changes(other).length > 0;
      state.textContent = isLocal ? "已存本机" : other.status === "submitted" ? "已提交" : other.status === "draft" ? "草稿" : state.textContent;
      state.className = "mark mark-" + (isLocal ? "local" : other.status || "not_started");
    });
  }
  function summary(item, value) {
    var row = find("[data-summary='" + item.dataset.criterion + "']"), cell = row.cells[1];
    row.classList.toggle("is-blank", !value);
    if (value) {
      var label = find("input[type=radio]:checked + span b", item);
      cell.textContent = label ? label.textContent : value;
    } else cell.replaceChildren(link(item, "未评，去评"));
  }
  function link(item, text) {
    var a = document.createElement("a");
    a.href = "#" + item.id;
    a.textContent = text;
    return a;
  }
  function showBlanks(blanks, count) {
    var bar = find("[data-progress]");
    bar.hidden = false;
    bar.value = count - blanks.length;
    find("[data-progress-text]").textContent = "已评 " + (count - blanks.length) + " 项，" + (blanks.length ? "还有 " + blanks.length + " 项未评" : "各项都已评");
    find("[data-blank-text]").textContent = blanks.length ? blanks.length + " 项未评" : "";
    find("[data-todo]").replaceChildren.apply(find("[data-todo]"), blanks.map(function (item) {
      var li = document.createElement("li");
      li.append(link(item, item.id.slice(1) + "　" + find("h2", item).textContent));
      return li;
    }));
    var button = find("[data-submit]");
    if (!button) return;
    button.disabled = blanks.length > 0 || !navigator.onLine || !entry.isReady || entry.isStopped || outbox.isSigning(entry);
    find("[data-why]").textContent = blanks.length ? "还有 " + blanks.length + " 项未评；未评不是 0 分，评完才能提交。"
      : !navigator.onLine ? "未联网，已存本机；联网后可提交。"
      : entry.isReady ? "签名请输入“" + main.dataset.judge + "”。提交后只有" + main.dataset.asked + "可退回修改。" : "有填写不合规的项，请先改正。";
  }

  function showConn(kind) {
    var waiting = outbox.waiting(), state = entry.savedAt;
    var isSigning = entry.pending && entry.pending.submit;
    var words = kind === "sending" ? [isSigning ? "正在提交…" : "正在保存…", "conn-busy"]
      : isSigning && (isOffline || !navigator.onLine) ? ["未联网，提交尚未送达，联网后自动送出", "conn-off"]
      : isOffline || !navigator.onLine ? ["未联网，已存本机 " + waiting + " 项", "conn-off"]
      : kind === "signed-out" ? ["登录已过期，已存本机 " + waiting + " 项", "conn-off"]
      : entry.isStopped ? ["暂不能保存，已存本机 " + waiting + " 项", "conn-off"]
      : waiting && !entry.isReady ? ["有 " + waiting + " 项未保存，请改正标出的项", "conn-off"]
      : waiting ? ["已存本机 " + waiting + " 项，待保存", "conn-busy"]
      : [state ? "已保存 " + state : "尚未填写", state ? "conn-ok" : ""];
    conn.className = "conn " + words[1];
    if (conn.firstElementChild.textContent !== words[0]) conn.firstElementChild.textContent = words[0];
    conn.lastElementChild.textContent = words[1] === "conn-off" && state ? "最近一次送达 " + state : "";
  }
  function notice(text, actions) {
    var box = find("[data-notice]");
    box.replaceChildren(text);
    (actions || []).forEach(function (action) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "btn";
      button.textContent = action[0];
      button.addEventListener("click", function () { box.hidden = true; action[1](); });
      box.append(button);
    });
    box.hidden = !text;
  }
  // For good where the page came so; `isForNow` where the server refused and may think again.
  function lock(isForNow) {
    if ("closed" in main.dataset && !("forNow" in main.dataset)) isForNow = false;
    main.dataset.closed = "";
    if (isForNow) main.dataset.forNow = "";
    hold(true);
  }
  function unlock() {
    if (!("forNow" in main.dataset)) return;
    delete main.dataset.closed;
    delete main.dataset.forNow;
    hold(false);
  }
  function hold(isHeld) {
    var form = find(".desk-form-sheet");
    each("input", function (input) { if (input.type === "text") input.readOnly = isHeld; else if (input.type === "radio") input.disabled = isHeld; }, form);
    each(".stepper button,.quick button,[data-add-deduction],[data-submit]", function (button) { button.disabled = isHeld; }, form);
  }

  window.deskPage = {
    each: each, find: find, dialog: dialog, read: read, write: write, show: show, showConn: showConn, notice: notice,
    lock: lock, unlock: unlock, addDeduction: addDeduction, tidy: tidy, hundredths: hundredths, text300: text300,
    main: function () { return main; }, entry: function () { return entry; },
    offline: function (value) { isOffline = value; },
    turnTo: function (element, its) { main = element; entry = its; },
  };

  function addDeduction() {
    var lines = find("[data-deductions]"), count = lines.children.length;
    if (count >= 10) return false;
    var line = lines.lastElementChild.cloneNode(true);
    line.querySelectorAll("input").forEach(function (input) {
      input.name = input.name.replace(/\d+/, count);
      input.value = "";
    });
    lines.append(line);
    return true;
  }
})();
