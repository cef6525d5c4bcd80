// The photograph before it is sent: a tap on the face says what to keep, the frame shows what the server will cut.
(function () {
  "use strict";
  var form = document.querySelector("[data-photo-form]");
  if (!form) return;
  var whole = form.querySelector("[data-photo-whole]"), cut = document.querySelector("[data-photo-cut]");
  var now = document.querySelector("[data-photo-now]"), file = form.elements.photo;

  function set(name, percent) {
    var select = form.elements[name], own = select.querySelector("[data-own]");
    if (!own) {
      own = document.createElement("option");
      own.dataset.own = "";
      select.append(own);
    }
    own.value = percent;
    own.textContent = "点选的位置";
    select.value = percent;
  }

  function draw() {
    if (whole.hidden) return;
    var width = whole.naturalWidth, height = whole.naturalHeight;
    var scale = Math.min(width / 3, height / 4) * Number(form.elements.share.value) / 100, sides = [3 * scale, 4 * scale];
    var start = [["across", width], ["down", height]].map(function (pair, index) {
      var at = pair[1] * Number(form.elements[pair[0]].value) / 100 - sides[index] / 2;
      return Math.min(Math.max(at, 0), pair[1] - sides[index]);
    });
    cut.getContext("2d").drawImage(whole, start[0], start[1], sides[0], sides[1], 0, 0, cut.width, cut.height);
    cut.hidden = false;
    now.hidden = true;
  }

  file.addEventListener("change", function () {
    var reader = new FileReader();
    if (!file.files[0]) return;
    reader.onload = function () {
      whole.onload = function () { whole.hidden = false; draw(); };
      // What the browser cannot show (HEIC) the server refuses with words.
      whole.onerror = function () { whole.hidden = true; };
      whole.src = reader.result;
    };
    reader.readAsDataURL(file.files[0]);
  });
  whole.addEventListener("click", function (event) {
    var box = whole.getBoundingClientRect();
    set("across", Math.round(100 * (event.clientX - box.left) / box.width));
    set("down", Math.round(100 * (event.clientY - box.top) / box.height));
    draw();
  });
  form.addEventListener("change", draw);
})();
