// Sort a table by the buttons in its headers, or where these are out of sight, by a list of them.
for (const table of document.querySelectorAll("table.sortable, .strips table")) {
  const headers = [...table.tHead.rows[0].cells];
  const choice = create("select", {}, create("option", { value: "", textContent: "Sort by …", disabled: true }));
  headers.forEach((header, column) => {
    if (header.matches(".picture")) return;
    choice.append(create("option", { value: column, textContent: header.textContent.trim().replace(/\s+/g, " ") }));
    const button = create("button", { type: "button" }, ...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => sort(table, headers, column));
  });
  choice.selectedIndex = 0; // a browser selects the first choice that is enabled
  choice.setAttribute("aria-label", "Sort by");
  choice.addEventListener("change", () => sort(table, headers, Number(choice.value)));
  if (table.closest(".strips:not(.compact)")) table.before(create("p", { className: "sort" }, choice));
}

function sort(table, headers, column) {
  const body = table.tBodies[0];
  const numeric = [...body.rows].some((row) => row.cells[column].dataset.value !== undefined);
  // The first click puts the largest number, mostly the best, on top; the second click reverses the order.
  const [initial, reverse] = numeric ? ["descending", "ascending"] : ["ascending", "descending"];
  const order = headers[column].getAttribute("aria-sort") === initial ? reverse : initial;
  headers.forEach((header) => header.removeAttribute("aria-sort"));
  headers[column].setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1;
  const rows = [...body.rows].map((row) => ({ row, key: sortKey(row.cells[column], numeric) }));
  rows.sort((a, b) => {
    if (a.key === null || b.key === null) return (a.key === null) - (b.key === null);
    return sign * (numeric ? a.key - b.key : a.key.localeCompare(b.key, "en", { numeric: true }));
  });
  body.append(...rows.map(({ row }) => row));
}

function sortKey(cell, numeric) {
  if (!numeric) return cell.textContent.trim() || null;
  return cell.dataset.value === undefined ? null : Number(cell.dataset.value);
}
