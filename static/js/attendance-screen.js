// The code on the wall: a new one every fifteen seconds by the server's clock, and how many have signed.
(function () {
  "use strict";
  var wall = document.querySelector("[data-code]"), image = document.querySelector("[data-image]");
  if (!image) return;
  var left = Number(wall.dataset.left), asking = false, lost = 0;
  function find(name) { return document.querySelector("[data-" + name + "]"); }
  find("needs-script").hidden = false;

  async function renew() {
    if (asking) return;
    asking = true;
    try {
      var response = await fetch(wall.dataset.code, {
        credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout ? AbortSignal.timeout(8000) : undefined,
      });
      if (response.type === "opaqueredirect" || response.status === 403 || response.status === 404) return location.reload();
      if (!response.ok) throw new Error("not now");
      show(await response.json());
    } catch {
      lost += 1;
      left = Math.min(2 * lost, 10);
    } finally { asking = false; }
    // What is older than a minute is refused by the server: better no code than a dead one.
    find("lost").hidden = lost === 0;
    image.classList.toggle("is-dead", lost > 3);
    return undefined;
  }
  function show(answer) {
    if (answer.is_closed) return location.reload();
    lost = 0;
    image.src = answer.image;
    left = answer.left;
    find("signed").textContent = answer.signed;
    find("expected").textContent = answer.expected;
    return undefined;
  }
  setInterval(function () {
    left -= 1;
    find("countdown").textContent = Math.max(left, 0);
    if (left <= 0 || (left % 5 === 0 && !lost)) renew();
  }, 1000);
  document.addEventListener("visibilitychange", function () { if (!document.hidden) renew(); });
  if (navigator.wakeLock) navigator.wakeLock.request("screen").catch(function () { /* the screen may sleep */ });
})();
