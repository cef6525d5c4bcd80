// On phones css/admin.css shows each row of a list (and of an inline table) as a card; this names its cells after their columns.
for (const table of document.querySelectorAll("#result_list, table.cards, .inline-group .tabular table")) {
  const titles = [...table.querySelectorAll("thead th")].map((th) => (th.querySelector(".text") || th).innerText.trim());
  for (const row of table.querySelectorAll("tbody tr")) {
    [...row.children].forEach((cell, place) => {
      if (titles[place]) cell.dataset.label = titles[place];
    });
  }
}
