// Reading aids: large text, high contrast, dark, size of an article; print and share; titles that break between words.
// Each choice is a data-* attribute on <html> that site.css follows, kept in this browser only (mode.js applies it).
(function () {
  "use strict";
  var root = document.documentElement;
  var night = window.matchMedia("(prefers-color-scheme: dark)");

  function choose(name, value) {
    if (value) root.setAttribute("data-" + name, value);
    else root.removeAttribute("data-" + name);
    try {
      if (value) localStorage.setItem("display." + name, value);
      else localStorage.removeItem("display." + name);
    } catch {
      // Private browsing: the choice lasts for this page.
    }
  }

  // What the reader sees now: a choice of their own, else (for the theme) what the device asks for.
  function current(name) {
    return root.getAttribute("data-" + name) || (name === "theme" && night.matches ? "dark" : "");
  }

  function mark() {
    document.querySelectorAll("[data-display]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(current(button.dataset.display) === button.dataset.value));
    });
  }

  // Browsers break Chinese anywhere; a title breaks between its words: <wbr> goes there, css keeps the rest together.
  // Four characters at least stay together; 竞赛 stays with what it is the 竞赛 of; 暨 opens a phrase.
  function keepPhrases() {
    if (!Intl.Segmenter) return;
    var words = new Intl.Segmenter("zh", { granularity: "word" });
    var opens = /^[暨和与及或把将被在为对均]$/;
    var closes = /^(.|大赛|竞赛|比赛|决赛)$/;
    document.querySelectorAll(":is(h1, h2, h3, .toc-title, .phrases):not(.is-phrased)").forEach(function (title) {
      var walker = document.createTreeWalker(title, NodeFilter.SHOW_TEXT);
      var texts = [];
      while (walker.nextNode()) texts.push(walker.currentNode);
      texts.forEach(function (text) {
        var parts = document.createDocumentFragment();
        var phrase = "";
        for (var part of words.segment(text.data)) {
          var word = part.segment;
          if (!part.isWordLike) {
            phrase = "";
          } else if (phrase && (opens.test(word) || (phrase.length > 3 && !closes.test(word)))) {
            parts.append(document.createElement("wbr"));
            phrase = word;
          } else {
            phrase += word;
          }
          parts.append(word);
        }
        text.replaceWith(parts);
      });
      title.classList.add("is-phrased");
    });
  }

  // Where the browser cannot share, the address is copied.
  function share(button) {
    if (navigator.share) {
      navigator.share({ title: document.title, url: location.href }).catch(function () {});
      return;
    }
    navigator.clipboard.writeText(location.href).then(
      function () { button.textContent = "已复制"; },
      function () { button.textContent = "请从地址栏复制"; }
    );
  }

  keepPhrases();
  document.querySelectorAll("[data-needs-script]").forEach(function (element) {
    element.hidden = false;
  });
  document.querySelectorAll("[data-share]").forEach(function (button) {
    if (!navigator.share && !navigator.clipboard) return;
    button.parentElement.hidden = false;
    if (!navigator.share) button.textContent = "复制链接";
  });
  mark();
  document.addEventListener("htmx:after:swap", keepPhrases);
  night.addEventListener("change", mark);

  document.addEventListener("click", function (event) {
    var button = event.target.closest("button");
    if (!button) return;
    if ("print" in button.dataset) window.print();
    if ("share" in button.dataset) share(button);
    var name = button.dataset.display;
    if (!name) return;
    var value = button.dataset.value;
    var off = current(name) === value && name !== "article";
    choose(name, off ? (name === "theme" ? "light" : "") : value);
    mark();
  });
})();
