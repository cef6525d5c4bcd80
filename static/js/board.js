// The chief judge's board keeps itself up to date, but never under somebody's hands: not while a form is open,
// something is typed or focused, or a refused form waits.
(function () {
  "use strict";
  var EVERY = 15000;
  var live = document.querySelector("[data-board-live]");
  var time = document.querySelector("[data-board-time]");
  if (!live || !time || live.hasAttribute("data-board-held")) return;

  function isBusy() {
    if (document.hidden || live.contains(document.activeElement)) return true;
    if (live.querySelector("details.other[open]")) return true;
    return Array.prototype.some.call(live.querySelectorAll("input[type=text], input[type=checkbox], select"), function (field) {
      if (field.type === "checkbox") return field.checked !== field.defaultChecked;
      if (field.tagName === "SELECT") {
        return Array.prototype.some.call(field.options, function (option) {
          return option.selected !== option.defaultSelected && (option.selected ? option.value !== "" : option.defaultSelected);
        });
      }
      return field.value !== field.defaultValue;
    });
  }

  function swap(text) {
    var page = new DOMParser().parseFromString(text, "text/html");
    var fresh = page.querySelector("[data-board-live]");
    if (!fresh || isBusy()) return;
    var table = live.querySelector(".board-scroll");
    var at = table ? [table.scrollLeft, table.scrollTop] : [0, 0];
    live.replaceChildren.apply(live, Array.from(fresh.childNodes));
    time.replaceChildren.apply(time, Array.from(page.querySelector("[data-board-time]").childNodes));
    table = live.querySelector(".board-scroll");
    if (table) table.scrollTo(at[0], at[1]);
  }

  function refresh() {
    if (isBusy()) return;
    fetch(location.href, { credentials: "same-origin", redirect: "error" })
      .then(function (response) {
        if (!response.ok) throw new Error(String(response.status));
        return response.text();
      })
      .then(swap)
      .catch(function () {
        if (!time.querySelector(".is-stale")) {
          var note = document.createElement("b");
          note.className = "is-stale";
          note.textContent = "　未能更新，请点刷新";
          time.appendChild(note);
        }
      });
  }

  setInterval(refresh, EVERY);
})();
