// Has the worker keep this page of the desk for times without a network. Browsers offer workers on secure pages only.
(function () {
  "use strict";
  if (!navigator.serviceWorker) return;
  var files = Array.from(document.querySelectorAll("script[src],link[href]"), function (one) { return one.src || one.href; });
  navigator.serviceWorker.register(document.currentScript.dataset.worker, { scope: "/judging/" }).catch(function () { /* no worker: as before */ });
  navigator.serviceWorker.ready.then(function (registration) {
    registration.active.postMessage(files.concat(location.origin + location.pathname));
  });
})();
