// The slate as it is being chosen: shares, rules and missing reasons follow every click. The server counts again on
// saving; craftsmen/ranking.py holds the same arithmetic and its tests.
const form = document.getElementById("slate");
const rows = form ? [...form.querySelectorAll("tr[data-key]")] : [];

const state = (row) => {
  const box = row.querySelector("input[type=checkbox]");
  const order = row.querySelector("input[name^=order_]");
  const number = order && /^\d+$/.test(order.value.trim()) ? Number(order.value) : 0;
  return {
    row,
    isChosen: Boolean(box && box.checked),
    order: number,
    orderField: order,
    reason: row.querySelector("input[name^=reason_]"),
    rank: Number(row.dataset.rank) || null,
    front: row.dataset.front,
    manager: row.dataset.manager,
    woman: row.dataset.woman,
    unit: row.dataset.unit,
  };
};

const place = (entry) => (entry.isChosen ? 0 : entry.order || Infinity);

const needsReason = (entry, all) =>
  place(entry) !== Infinity &&
  all.some((other) => place(other) > place(entry) && other.rank && (!entry.rank || other.rank <= entry.rank));

function recount() {
  const all = rows.map(state);
  const chosen = all.filter((entry) => entry.isChosen);
  const units = new Map();
  for (const entry of chosen) if (entry.unit) units.set(entry.unit, (units.get(entry.unit) || 0) + 1);
  const counts = {
    chosen: chosen.length,
    front_line: chosen.filter((entry) => entry.front).length,
    managers: chosen.filter((entry) => entry.manager).length,
    women: chosen.filter((entry) => entry.woman).length,
    units: units.size,
  };
  for (const [name, number] of Object.entries(counts)) form.querySelector(`[data-share=${name}]`).textContent = number;
  form.querySelector("[data-share=chosen]").classList.toggle("over", chosen.length > Number(form.dataset.quota));
  for (const rule of form.querySelectorAll("[data-kind]")) judge(rule, counts, units);
  for (const entry of all) {
    const asks = needsReason(entry, all);
    entry.row.classList.toggle("needs-reason", asks);
    entry.row.classList.toggle("chosen", entry.isChosen);
    if (entry.reason) entry.reason.placeholder = asks ? "须写明" : "";
    if (entry.orderField) entry.orderField.disabled = entry.isChosen;
  }
}

function judge(rule, counts, units) {
  const { kind } = rule.dataset;
  const asked = Number(rule.dataset.number);
  const part = { front_line_at_least: "front_line", managers_at_most: "managers", women_at_least: "women" }[kind];
  const most = Math.max(0, ...units.values());
  const actual = part ? (counts.chosen ? Math.floor((100 * counts[part]) / counts.chosen) : 0) : most;
  const [left, right] = part ? [100 * counts[part], asked * counts.chosen] : [most, asked];
  const isKept = kind.endsWith("at_least") ? left >= right : left <= right;
  rule.classList.toggle("kept", isKept);
  rule.classList.toggle("broken", !isKept);
  rule.querySelector("[data-actual]").textContent = actual;
  rule.querySelector("[data-verdict]").textContent = isKept ? "符合" : "不符合";
}

if (rows.some((row) => row.querySelector("input"))) {
  form.addEventListener("input", recount);
  form.addEventListener("change", recount);
  recount();
}
