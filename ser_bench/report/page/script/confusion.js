// One confusion matrix for every model and split, and the difference between two of them.
{
  const box = document.getElementById("confusions");
  const table = box && box.querySelector("table");
  if (table) {
    const choices = Object.fromEntries([...box.querySelectorAll("select")].map((select) => [select.name, select]));
    const shares = (model, split) => {
      const counts = DATA.confusions[split][model];
      return counts && counts.map((row) => row.map((count) => count / Math.max(1, row.reduce((sum, n) => sum + n))));
    };
    const [first, title] = [choices.matrix.value, box.querySelector("h3")];
    let shown = DATA.ranking;
    const show = () => {
      const [model, split] = [choices.matrix.value, choices.split.value];
      const [kind, other] = choices.minus.value.split(/ (.*)/s);
      title.hidden = model !== first || split !== DATA.ranking || Boolean(kind); // it is about the first matrix
      const base = shares(model, split);
      const minus = kind && shares(kind === "model" ? other : model, kind === "split" ? other : split);
      const known = base && (!kind || minus);
      table.className = `confusion s${DATA.splits.indexOf(split)}`;
      [...table.tBodies[0].rows].forEach((row, i) => {
        const cells = [...row.cells].slice(1);
        cells.forEach((cell, j) => {
          if (j > DATA.labels.length) cell.textContent = DATA.clips[split][i].toLocaleString("en");
          else fill(cell, i, j, known && base, kind && minus);
        });
      });
      const name = (m, s) => `${titleOf(m)}, ${s}`;
      const score = DATA.scores.uar[split][model][0];
      const head = kind
        ? `${name(model, split)} minus ${kind === "model" ? titleOf(other) : other}`
        : `${name(model, split)}: ${score === null ? "n/a" : `${percent(score)} % UAR`}`;
      const unit = kind ? "in points of the clips of the row" : "in % of the clips of the row";
      table.caption.querySelector("b").textContent = known ? head : `${head}: a fold is missing`;
      table.caption.querySelector("small").textContent = `rows: true, columns: predicted, ${unit}`;
    };
    const fill = (cell, i, j, base, minus) => {
      const recall = j === DATA.labels.length;
      const column = recall ? i : j;
      cell.style.background = "";
      if (!recall) cell.className = i === j ? "right" : "";
      if (!base || !DATA.clips[choices.split.value][i]) return void (cell.textContent = recall ? "n/a" : "");
      const value = 100 * (base[i][column] - (minus ? minus[i][column] : 0));
      if (recall) cell.textContent = value.toFixed(1);
      else if (minus) {
        cell.textContent = Math.abs(value) < 0.5 ? "" : `${value > 0 ? "+" : "−"}${Math.abs(value).toFixed(0)}`;
        const colour = value > 0 ? "--accent" : "--random";
        cell.style.background = `color-mix(in srgb, var(${colour}) ${Math.min(45, 1.5 * Math.abs(value)).toFixed(0)}%, var(--ground))`;
      } else {
        cell.textContent = value === 0 ? "" : value < 0.5 ? "<1" : value.toFixed(0);
        cell.classList.add(`t${Math.round(value / 10)}`);
      }
    };
    box.addEventListener("change", show);
    document.addEventListener("state", ({ detail }) => {
      if (detail.split !== shown) choices.split.value = shown = detail.split;
      show();
    });
  }
}
