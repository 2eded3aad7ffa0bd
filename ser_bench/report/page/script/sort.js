// Sort a table by the buttons in its headers. Without JavaScript the tables keep their order.
"use strict";
for (const table of document.querySelectorAll("table.sortable")) {
  const headers = [...table.tHead.rows[0].cells];
  headers.forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => sort(table, headers, column));
  });
}

function sort(table, headers, column) {
  const numeric = headers[column].classList.contains("n");
  // The first click puts the largest number, mostly the best, on top; the second click reverses the order.
  const [initial, reverse] = numeric ? ["descending", "ascending"] : ["ascending", "descending"];
  const order = headers[column].getAttribute("aria-sort") === initial ? reverse : initial;
  headers.forEach((header) => header.removeAttribute("aria-sort"));
  headers[column].setAttribute("aria-sort", order);
  const sign = order === "ascending" ? 1 : -1;
  const body = table.tBodies[0];
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
