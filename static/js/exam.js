// Answers are kept as one goes: in this browser first, then by the server. Without this script handing in saves them all.
(function () {
  "use strict";
  var form = document.querySelector("[data-exam]"), status = document.querySelector("[data-saved]");
  if (!form) return;
  var store = "exam." + form.dataset.answers, timer = null, isDirty = false, round = 0;

  function read() {
    var answers = {};
    new FormData(form).forEach(function (value, name) {
      if (name.indexOf("q-") === 0) (answers[name.slice(2)] = answers[name.slice(2)] || []).push(Number(value));
    });
    return answers;
  }
  function keep(answers) {
    try {
      if (answers) localStorage.setItem(store, JSON.stringify(answers));
      else localStorage.removeItem(store);
    } catch { /* the next save carries them */ }
  }
  function schedule(wait) {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  }
  async function save() {
    if (!isDirty) return;
    var mine = round;
    try {
      var response = await fetch(form.dataset.answers, {
        method: "POST", credentials: "same-origin", redirect: "manual",
        headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
        body: JSON.stringify({ answers: read() }),
      });
      if (response.type === "opaqueredirect" || response.status === 403) {
        status.textContent = "登录已过期，答案已存本机。请重新打开本页并登录，再继续答。";
        return;
      }
      var answer = response.status === 400 || response.ok ? await response.json() : null;
      if (!answer) throw new Error("not now");
      if (!response.ok) {
        status.textContent = answer.message || "没有保存，请刷新本页。";
        return;
      }
      if (mine === round) {
        isDirty = false;
        keep(null);
      }
      status.textContent = "已保存 " + answer.saved_at + (answer.left ? "，还有 " + answer.left + " 题未答" : "，已全部作答");
    } catch {
      status.textContent = "未联网，答案已存本机，联网后自动保存";
      schedule(5000);
    }
  }
  function changed() {
    isDirty = true;
    round += 1;
    keep(read());
    schedule(400);
  }
  form.addEventListener("change", changed);
  form.addEventListener("submit", function () { keep(null); });
  window.addEventListener("online", function () { schedule(0); });
  try {
    var kept = JSON.parse(localStorage.getItem(store));
    if (kept) {
      Array.from(form.querySelectorAll("input[name^='q-']")).forEach(function (input) {
        var chosen = kept[input.name.slice(2)];
        if (chosen) input.checked = chosen.indexOf(Number(input.value)) >= 0;
      });
      changed();
    }
  } catch { /* nothing was kept */ }
})();
