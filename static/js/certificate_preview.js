// The sample of a certificate design follows what is typed. Without script the button opens it in a new tab.
(() => {
  const section = document.querySelector("[data-preview]");
  if (!section) return;
  const form = section.closest("form");
  const picture = section.querySelector("img");
  const trouble = section.querySelector(".why");
  let waiting, latest = 0;

  function show(blob) {
    const reader = new FileReader();
    reader.onload = () => {
      picture.src = reader.result;
      picture.alt = "用样例内容印出的证书";
      picture.removeAttribute("width");
      picture.removeAttribute("height");
      picture.hidden = false;
    };
    reader.readAsDataURL(blob);
  }

  async function draw() {
    const mine = ++latest;
    try {
      const answer = await fetch(section.dataset.preview, { method: "POST", body: new FormData(form) });
      if (mine !== latest) return;
      trouble.hidden = answer.ok;
      if (answer.ok) show(await answer.blob());
      else trouble.textContent = answer.status === 422 ? await answer.text() : "样张没有画出来，请稍后再试。";
    } catch {
      trouble.hidden = false;
      trouble.textContent = "连不上服务器，样张没有更新。";
    }
  }

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(draw, 500);
  });
  section.querySelector("button").addEventListener("click", (event) => {
    event.preventDefault();
    draw();
  });
})();
