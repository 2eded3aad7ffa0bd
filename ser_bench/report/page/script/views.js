// The pictures of scores and of speakers under another measure or split. The page's own rows show the first one.
{
  const [independent, takes, random] = DATA.gap ?? [];
  // In every view, a ring is a score of a random split and a dot one of any other split.
  const isRing = (split) => Boolean(random) && [takes, random].includes(split);
  const mark = (kind, path) => path && `<path class="${kind}" d="${path}"/>`;
  const capitalised = (text) => text[0].toUpperCase() + text.slice(1);
  // Names and labels may hold anything: they are set as text.
  const fill = (cell, text, note, value) => {
    cell.replaceChildren(text);
    if (note) cell.append(" ", create("small", { textContent: note }));
    cell.classList.toggle("none", value === null);
    if (value === null) cell.removeAttribute("data-value");
    else cell.dataset.value = value / 1000;
  };
  const draw = (cell, paths, words) => {
    const svg = cell.querySelector("svg");
    [...svg.children].slice(1).forEach((path) => path.remove());
    svg.insertAdjacentHTML("beforeend", paths.join(""));
    svg.setAttribute("aria-label", words);
    cell.dataset.tip = words;
  };
  const picture = (id, heads, write) => {
    const table = document.querySelector(`#${id} table`);
    if (!table) return;
    const { low, high } = table.dataset;
    const x = (score) => Math.round((1000 * (score / 1000 - low)) / (high - low));
    const path = {
      dots: (scores) => scores.map((score) => `M${x(score)} 14h0`).join(""),
      bars: (scores, top = 8, bottom = 20) => scores.map((score) => `M${x(score)} ${top}v${bottom - top}`).join(""),
      line: (from, to) => (from === null || to === null ? "" : `M${x(from)} 14H${x(to)}`),
    };
    const rows = [...table.tBodies[0].rows].map((row) => [row, row.cloneNode(true)]);
    const texts = new Map();
    const set = (node, text) => {
      if (!node) return;
      if (!texts.has(node)) texts.set(node, node.textContent);
      node.textContent = text ?? texts.get(node);
    };
    let shown = "";
    // The best first, then models without a score, those that take no rank, baselines, and rows that are not of a model.
    const ranks = (measure, split) => ({ dataset: { model } }) => {
      const [, , baseline] = DATA.models.find(([name]) => name === model) ?? [];
      const group = baseline ? 2 : Number(Boolean(DATA.heard?.[split]?.includes(model)));
      return model ? [group, -(DATA.scores[measure][split][model][0] ?? -1)] : [3, 0];
    };
    const sorted = (measure, split) => {
      const rank = ranks(measure, split);
      const keyed = rows.map(([row]) => [row, rank(row)]);
      return keyed.sort(([, a], [, b]) => a[0] - b[0] || a[1] - b[1]).map(([row]) => row);
    };
    document.addEventListener("state", ({ detail: { measure, split } }) => {
      const first = measure === FIRST.measure && split === FIRST.split;
      const title = DATA.measures[measure];
      if (shown === (shown = first ? "" : `${measure} ${split}`)) return;
      for (const [row, original] of rows) {
        row.replaceChildren(...original.cloneNode(true).childNodes);
        if (!first && row.dataset.model) write([...row.cells], row.dataset.model, measure, split, path);
      }
      table.tBodies[0].append(...(first ? rows.map(([row]) => row) : sorted(measure, split)));
      document.documentElement.classList.toggle("ring", !first && isRing(split));
      const change = (selector, text) => set(table.parentElement.querySelector(selector), first ? undefined : text);
      heads(change, title, split, measure);
      [...table.tHead.rows[0].cells].forEach((head) => head.removeAttribute("aria-sort"));
      const choice = table.parentElement.querySelector(".sort select");
      if (choice) choice.selectedIndex = 0;
    });
  };

  picture(
    "hero",
    (change, title, split, measure) => {
      const level = DATA.chance[measure];
      change("caption", `${capitalised(title)} of every model under the ${split} split`);
      change(".picture span", `${title}, %`);
      change("th:nth-child(3) .head", title);
      change("th:nth-child(3) small", `%, ${split}`);
      change("th:nth-child(4) small", `points of UAR, ${random} − ${independent}`);
      const own = `${title} under ${split}, with its 95 % interval where there is one`;
      change('[data-key="dot"] > span', isRing(split) ? "" : own);
      change('[data-key="hollow"] > span', isRing(split) ? own : `${title} under ${random}`);
      change('[data-key="chance"] > span', level === undefined ? "" : `chance, ${percent(level)} %`);
    },
    ([, cell, number, gap], model, measure, split, { dots, bars, line }) => {
      const [score, low, high] = DATA.scores[measure][split][model];
      const other = random && !isRing(split) ? DATA.scores[measure][random][model][0] : null;
      const level = DATA.chance[measure];
      const baseline = DATA.models.some(([name, , base]) => base && name === model);
      const [, , , ...speakers] = DATA.speakers[measure][split][model];
      const ring = isRing(split) ? score : other;
      const hollow = ring === null ? [] : [mark("hollow", dots([ring])), mark("hollow-core", dots([ring]))];
      const words = [score === null ? `no score under ${split}` : `${DATA.measures[measure]} under ${split} ${percent(score)} %`];
      if (other !== null) words.push(`${random} ${percent(other)} %`);
      if (speakers.length > 1) {
        words.push(`speakers ${percent(Math.min(...speakers))} to ${percent(Math.max(...speakers))} %`);
      }
      const few = DATA.few.includes(split) && speakers.length > 1 && `(speakers ${speakers.map(percent).join(", ")})`;
      number.dataset.label = DATA.measures[measure];
      if (gap) gap.dataset.label = "gap of UAR";
      fill(
        number,
        score === null ? (DATA.missing[split][model] ?? "n/a") : percent(score),
        low === null ? few : `[${percent(low)}, ${percent(high)}]`,
        score,
      );
      draw(
        cell,
        [
          level === undefined ? "" : mark("chance", bars([level], 0, 28)),
          baseline ? "" : mark("speakers", bars(speakers)),
          isRing(split) ? "" : hollow.join(""),
          mark("interval", line(low, high)),
          isRing(split) ? hollow.join("") : score === null ? "" : mark("dot", dots([score])),
        ],
        `${titleOf(model)}: ${words.join("; ")}`,
      );
    },
  );

  picture(
    "speaker-strips",
    (change, title, split) => {
      change("caption", `${capitalised(title)} of each speaker under the ${split} split`);
      change(".picture span", `${title}, %`);
      change('[data-key="interval"] > span', `95 % interval of the ${title} of all speakers`);
    },
    ([, cell, ...numbers], model, measure, split, { dots, bars, line }) => {
      const [lowest, highest, median, ...scores] = DATA.speakers[measure][split][model];
      if (median === undefined) {
        numbers.forEach((number, i) => fill(number, i === 1 ? (DATA.missing[split][model] ?? "n/a") : "", "", null));
        return draw(cell, [], "");
      }
      const names = DATA.names[split];
      const shape = (i) => DATA.shapes[names[i]] ?? "round";
      const [, low, high] = DATA.scores[measure][split][model];
      const shapes = [...new Set(names.map((_, i) => shape(i)))].sort();
      draw(
        cell,
        [
          mark("interval", line(low, high)),
          mark("median", bars([median], 3, 25)),
          ...shapes.map((kind) => mark(`speaker ${kind}`, dots(scores.filter((_, i) => shape(i) === kind)))),
          ...[lowest, highest].map((i) => mark(`speaker extreme ${shape(i)}`, dots([scores[i]]))),
        ],
        `${titleOf(model)}: lowest ${names[lowest]} ${percent(scores[lowest])} %, median ${percent(median)} %, ` +
          `highest ${names[highest]} ${percent(scores[highest])} %`,
      );
      fill(numbers[0], percent(scores[lowest]), names[lowest], scores[lowest]);
      fill(numbers[1], percent(median), "", median);
      fill(numbers[2], percent(scores[highest]), names[highest], scores[highest]);
    },
  );
}
