// On the sign-in page and after signing out: desk pages and confirmed marks kept in this browser go, whoever comes next.
// What was typed and never reached the server stays, under the account that typed it (desk.USER.SHEET.TAB).
// So it is with the forms of nominations, kept as desk.nomination-USER.FORM.
(function () {
  "use strict";
  function forget() {
    if (!window.caches) return;
    caches.keys().then(function (names) {
      names.forEach(function (name) { if (name.startsWith("desk-pages-")) caches.delete(name); });
    });
  }
  forget();
  document.addEventListener("submit", forget);
  try {
    Object.keys(localStorage).forEach(function (name) {
      if (/^desk\.[^.]+\.[^.]+$/.test(name)) localStorage.removeItem(name);
    });
  } catch { /* nothing could be kept */ }
})();
