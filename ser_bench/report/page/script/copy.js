// Copy buttons: the text of an element, or a table as tab-separated values. A hidden line tells screen readers.
{
  const line = document.body.appendChild(create("p", { className: "hidden" }));
  line.setAttribute("aria-live", "polite");

  const byCommand = (text) => {
    const area = document.body.appendChild(create("textarea", { className: "hidden", value: text }));
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  };
  const copy = async (text, button) => {
    const done = await Promise.resolve(navigator.clipboard?.writeText(text).then(() => true))
      .catch(() => false)
      .then((written) => written || byCommand(text));
    button.focus();
    line.textContent = button.textContent = done ? "Copied" : "Not copied";
    setTimeout(() => {
      button.textContent = "Copy";
      line.textContent = "";
    }, 2000);
  };

  const plain = (node) => (node ? node.textContent.replace(/\s+/g, " ").trim() : "");
  const text = (value, number) => (!number && /^[=+@-]/.test(value) ? `'${value}` : value);
  const tsv = (table) => {
    const rows = [...table.rows].filter((row) => getComputedStyle(row).display !== "none");
    const cells = rows.map((row) =>
      [...row.cells].map((cell) => {
        const note = cell.tagName === "TD" || !cell.closest("thead") ? plain(cell.querySelector("small")) : "";
        const whole = plain(cell);
        const value = note ? whole.slice(0, whole.lastIndexOf(note)).trim() : whole;
        return [text(value, cell.classList.contains("n")), text(note, true)];
      }),
    );
    // The small text of a column, mostly an interval, gets a column of its own.
    const noted = cells[0].map((_, column) => cells.some((row) => row[column]?.[1]));
    return cells
      .map((row, index) =>
        row.flatMap(([value, note], column) =>
          noted[column] ? [value, index ? note : `${value} (interval or note)`] : [value],
        ),
      )
      .map((row) => `${row.join("\t")}\n`)
      .join("");
  };

  const listen = (button, content) => button.addEventListener("click", () => copy(content(), button));
  document.querySelectorAll("button.copy").forEach((button) => {
    listen(button, () => document.getElementById(button.dataset.copy).textContent);
  });
  document.querySelectorAll("table.data").forEach((table) => {
    const button = create("button", { type: "button", className: "copy", textContent: "Copy" });
    button.setAttribute("aria-label", `Copy the table: ${plain(table.caption)}`);
    if (table.caption.classList.contains("hidden")) table.closest(".scroll, .table")?.before(button);
    else table.caption.append(button);
    listen(button, () => tsv(table));
  });
}
