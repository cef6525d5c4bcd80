// Sums of the grid of places while one types; the server says the same after saving.
(function () {
  "use strict";
  var form = document.getElementById("places");
  if (!form) return;
  var sums = form.querySelectorAll("[data-sum]"), quotas = form.querySelectorAll("[data-quota]");
  var gaps = form.querySelectorAll("[data-gap]");

  function add() {
    sums.forEach(function (cell, column) {
      var total = 0;
      form.querySelectorAll("tbody tr").forEach(function (row) {
        total += Number(row.querySelectorAll("input")[column].value) || 0;
      });
      var gap = total - Number(quotas[column].dataset.quota);
      cell.textContent = total;
      gaps[column].textContent = gap > 0 ? "多 " + gap : gap < 0 ? "少 " + -gap : "正好";
    });
  }

  form.addEventListener("input", add);
  add();
})();
