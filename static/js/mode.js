// Applies the reader's stored choices before anything is painted; display.js has the buttons.
["text", "contrast", "theme", "article"].forEach(function (name) {
  try {
    var value = localStorage.getItem("display." + name);
    if (value) document.documentElement.setAttribute("data-" + name, value);
  } catch {
    // Storage is closed to this page: the device's own settings stand.
  }
});
