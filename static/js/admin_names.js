// Names for what the admin's own scripts draw without one: the boxes of select2 and the search signs of two-list fields.
(function () {
  "use strict";
  function nameBox(box) {
    var select = box.closest(".select2-container").previousElementSibling;
    var label = select && select.id && document.querySelector('label[for="' + CSS.escape(select.id) + '"]');
    var cell = box.closest("td");
    var head = cell && cell.closest("table").querySelectorAll("thead th")[cell.cellIndex];
    var text = (label || head || {}).textContent;
    if (text) box.setAttribute("aria-label", text.replace(/[:：]?\s*$/, "").trim());
    // Empty while nothing is chosen: as a name it would hide the one above.
    if (text) box.removeAttribute("aria-labelledby");
  }

  function nameAll() {
    document.querySelectorAll(".select2-selection[aria-labelledby]").forEach(nameBox);
    document.querySelectorAll("span.search-label-icon[aria-label]").forEach(function (sign) {
      sign.setAttribute("role", "img");
    });
  }

  nameAll();
  new MutationObserver(nameAll).observe(document.body, { childList: true, subtree: true });
})();
