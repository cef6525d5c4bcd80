// Names for what the admin draws without one: the boxes of select2, the search signs of two-list fields, the cells of
// inline tables (after their columns), the halves of a date with a time.
(function () {
  "use strict";

  function headOf(part) {
    var cell = part.closest(".tabular td");
    return cell && cell.closest("table").querySelectorAll("thead th")[cell.cellIndex];
  }

  function labelOf(part) {
    var container = part.closest(".select2-container");
    var select = container && container.previousElementSibling;
    return select && select.id && document.querySelector('label[for="' + CSS.escape(select.id) + '"]');
  }

  function nameBox(box) {
    var text = (labelOf(box) || headOf(box) || {}).textContent;
    if (!text) return;
    [box, box.querySelector(".select2-selection__rendered")].forEach(function (part) {
      if (part) part.setAttribute("aria-label", text.replace(/[:：]?\s*$/, "").trim());
    });
    // Empty while nothing is chosen: as a name it would hide the one above.
    box.removeAttribute("aria-labelledby");
  }

  function nameAll() {
    document.querySelectorAll(".select2-selection[aria-labelledby]").forEach(nameBox);
    document.querySelectorAll("span.search-label-icon[aria-label]").forEach(function (sign) {
      sign.setAttribute("role", "img");
    });
    document.querySelectorAll("input, select, textarea").forEach(function (field) {
      if (field.type === "hidden" || field.labels.length || field.hasAttribute("aria-label")) return;
      var halves = field.closest(".datetime");
      var row = halves && halves.closest(".form-row");
      var head = headOf(field) || labelOf(field) || (row && row.querySelector("label, legend"));
      var half = halves ? (field.classList.contains("vTimeField") ? "时间" : "日期") : "";
      if (head) field.setAttribute("aria-label", head.textContent.replace(/[:：]?\s*$/, "").trim() + half);
    });
  }

  nameAll();
  new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true });
})();
