// One box that ticks all boxes of a name in its form: data-tick-all="name" around it, hidden without script.
for (const place of document.querySelectorAll("[data-tick-all]")) {
  const all = place.querySelector("input");
  const form = place.closest("form");
  const boxes = [...form.querySelectorAll(`input[type=checkbox][name="${place.dataset.tickAll}"]`)];
  const follow = () => {
    const ticked = boxes.filter((box) => box.checked).length;
    all.checked = ticked === boxes.length;
    all.indeterminate = ticked > 0 && !all.checked;
  };
  all.addEventListener("change", () => boxes.forEach((box) => { box.checked = all.checked; }));
  form.addEventListener("change", (event) => { if (event.target !== all) follow(); });
  follow();
  place.hidden = false;
}
