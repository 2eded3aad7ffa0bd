// What the pictures show: measure, split, hidden models and matrix. The address holds it after the anchor.
const VALUES = { measure: Object.keys(DATA.measures), split: DATA.splits, hide: DATA.models.map(([name]) => name) };
const FIRST = { measure: VALUES.measure[0], split: DATA.ranking, hide: [] };
{
  const bar = document.getElementById("controls");
  const selects = [...document.querySelectorAll("#controls select, #confusions :is([name=matrix], [name=minus])")];
  for (const { name, options } of selects) {
    VALUES[name] ??= [...options].map(({ value }) => value);
    FIRST[name] ??= ([...options].find((option) => option.defaultSelected) ?? options[0]).value;
  }
  const chips = [...bar.querySelectorAll("button[value]")];
  const baselines = DATA.models.filter((model) => model[2]).map(([name]) => name);
  const style = document.head.appendChild(create("style"));
  const bars = Boolean(document.querySelector('[data-key="bracket"]'));
  // One line below the navigation, which stays in sight, says what differs from the page's own view.
  const note = create("p");
  note.setAttribute("role", "status");
  const line = create("div", { className: "about", hidden: true }, note, create("button", { type: "button", textContent: "Show the page’s own view" }));
  line.setAttribute("role", "region");
  line.setAttribute("aria-label", "View");
  const top = create("div", { className: "top" });
  const navigation = document.querySelector("nav");
  navigation.before(top);
  top.append(navigation, line);
  let [state, unknown] = [FIRST, []];

  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text; // an address may hold anything
    }
  };
  const FALLBACK = { measure: (name) => DATA.measures[name], split: String, matrix: titleOf };
  const parse = (text) => {
    const parsed = { ...FIRST };
    unknown = [];
    for (const part of text.split("&").filter(Boolean)) {
      const [key, value = ""] = part.split("=");
      const names = Object.hasOwn(VALUES, key) ? value.split(",").map(decoded) : [];
      const known = names.filter((name) => VALUES[key].includes(name));
      if (known.length) parsed[key] = key === "hide" ? known : known[0];
      const wrong = names.length ? names.filter((name) => !known.includes(name)) : [decoded(key)];
      const kind = !names.length ? "view" : { hide: "model", minus: "difference" }[key] ?? key;
      const instead = names.length && FALLBACK[key] ? `; showing ${FALLBACK[key](parsed[key])}` : "";
      unknown.push(...wrong.map((name) => `Unknown ${kind} “${name.slice(0, 40)}” in the address${instead}.`));
    }
    return parsed;
  };
  const query = () =>
    Object.keys(FIRST)
      .filter((key) => String(state[key]) !== String(FIRST[key]))
      .map((key) => `${key}=${[state[key]].flat().map(encodeURIComponent).join(",")}`)
      .join("&");
  const address = () => location.hash.slice(1).split("?");
  const save = (method) => {
    const text = query();
    history[method](text, "", `#${address()[0] || "answer"}${text && `?${text}`}`);
  };
  const show = () => {
    const { measure, split, hide } = state;
    const first = measure === FIRST.measure && split === FIRST.split;
    selects.forEach((select) => (select.value = state[select.name]));
    chips.forEach((chip) => chip.setAttribute("aria-pressed", !hide.includes(chip.value)));
    const without = baselines.every((name) => hide.includes(name));
    bar.querySelector(".baselines")?.setAttribute("aria-pressed", without);
    const count = DATA.models.length - hide.length;
    bar.querySelector("summary span").textContent = hide.length ? `${count} of ${DATA.models.length}` : "all";
    style.textContent = hide.map((name) => `[data-model="${CSS.escape(name)}"]{display:none!important}`).join("");
    document.documentElement.classList.toggle("elsewhere", !first);
    document.documentElement.classList.toggle("partial", hide.length > 0);
    const [name, ranking] = [DATA.measures[FIRST.measure], DATA.ranking];
    const hidden = !count ? "all models" : hide.length > 3 ? `${hide.length} of ${DATA.models.length} models` : hide.map(titleOf).join(", ");
    const words = [
      ...unknown,
      !first && `Shown: ${DATA.measures[measure]} under ${split}.`,
      !first && `Titles and significance are about ${name} under ${ranking}${bars ? ", so the bar left of the names is hidden" : ""}.`,
      hide.length && `Hidden: ${hidden}. Titles and sentences are about every model.`,
    ].filter(Boolean);
    note.textContent = words.join(" ");
    line.hidden = !words.length;
    document.documentElement.style.scrollPaddingTop = words.length ? `${top.offsetHeight + 8}px` : "";
    document.dispatchEvent(new CustomEvent("state", { detail: state }));
  };
  const change = (part, method) => {
    state = { ...state, ...part };
    unknown = [];
    show();
    save(method);
  };
  const hideModels = (hidden) => change({ hide: VALUES.hide.filter(hidden) }, "replaceState");

  document.addEventListener("change", ({ target }) => {
    if (selects.includes(target)) change({ [target.name]: target.value }, "pushState");
  });
  bar.addEventListener("click", ({ target }) => {
    const pressed = target.getAttribute("aria-pressed") === "true";
    const { hide } = state;
    if (target.value) hideModels((name) => (name === target.value ? pressed : hide.includes(name)));
    else if (target.matches(".baselines")) hideModels((name) => (baselines.includes(name) ? !pressed : hide.includes(name)));
    else if (target.matches(".all, .none")) hideModels(() => target.matches(".none"));
  });
  line.addEventListener("click", ({ target }) => target.matches("button") && change(FIRST, "pushState"));
  // Entries that the page made hold their state; an anchor without one keeps what is shown.
  const restore = (saved) => {
    const [anchor, text] = address();
    unknown = [];
    if (saved !== null || text !== undefined) state = parse(saved ?? text);
    show();
    if (state.hide.length) bar.querySelector("details").open = true;
    if (saved !== null) return;
    save("replaceState");
    if (text !== undefined) document.getElementById(anchor)?.scrollIntoView();
  };
  addEventListener("popstate", (event) => restore(event.state));
  // The other parts of the script listen to the state, so it is restored after them.
  if (location.hash) queueMicrotask(() => restore(null));
  else history.replaceState("", "");
}
