// Has the worker keep this page of a desk, at its address and below, for times without a network. Browsers offer workers on secure pages only.
(function () {
  "use strict";
  if (!navigator.serviceWorker) return;
  var files = Array.from(document.querySelectorAll("script[src],link[href]"), function (one) { return one.src || one.href; });
  var worker = document.currentScript.dataset.worker;
  navigator.serviceWorker.register(worker, { scope: worker.replace(/worker\.js$/, "") }).catch(function () { /* no worker: as before */ });
  navigator.serviceWorker.ready.then(function (registration) {
    registration.active.postMessage(files.concat(location.origin + location.pathname));
  });
})();
