// Download a picture as an SVG file: the colours of the light theme on white, every text included.
{
  const light = [...document.styleSheets].flatMap((sheet) => [...sheet.cssRules]).filter((rule) => rule.selectorText === ":root");
  const STYLES = "fill stroke stroke-width stroke-dasharray stroke-linecap opacity font-size font-weight font-style text-anchor";
  const escaped = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;");
  const attributes = (values) =>
    Object.entries(values).map(([name, value]) => ` ${name}="${escaped(String(value)).replaceAll('"', "&quot;")}"`).join("");
  const element = (name, values, inside = "") => `<${name}${attributes(values)}>${inside}</${name}>`;
  const styles = (node) => {
    const style = getComputedStyle(node);
    // A halo of a text hides it in viewers that paint strokes last.
    const names = STYLES.split(" ").filter((name) => node.localName !== "text" || !name.startsWith("stroke"));
    return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(name).replaceAll('"', "'")]));
  };
  // Computed styles of a copy that has the variables of the light theme.
  const inLight = (node, draw) => {
    const copy = node.cloneNode(true);
    const box = create("div", { className: "light" }, copy);
    for (const rule of light) for (const name of rule.style) box.style.setProperty(name, rule.style.getPropertyValue(name));
    document.body.append(box);
    const result = draw(copy);
    box.remove();
    return result;
  };
  const text = (x, y, node, more = {}) => {
    const words = node.textContent.trim().replace(/\s+/g, " ");
    if (!words) return "";
    const { color, fontSize, fontWeight } = getComputedStyle(node);
    return element("text", { x, y, fill: color, "font-size": fontSize, "font-weight": fontWeight, ...more }, escaped(words));
  };
  const paths = (svg, scale, left, top) =>
    [...svg.querySelectorAll("path")].map((path) => {
      const d = path.getAttribute("d").replace(/([MHh])([-\d.]+)/g, (_, command, x) =>
        command === "h" ? (x === "0" ? "h.01" : `h${x * scale}`) : command + (left + x * scale).toFixed(1));
      return element("path", { ...styles(path), d, transform: `translate(0 ${top})` });
    }).join("");

  const strips = (box) => {
    const [table, rows] = [box.querySelector("table"), [...box.querySelectorAll("tbody tr")]];
    const [width, row] = [520, 28];
    const size = (i) => 24 + 6.8 * Math.max(...[...table.rows].map((each) => each.cells[i].textContent.trim().length));
    const labels = size(0);
    const ends = [...table.tHead.rows[0].cells].slice(2).reduce((all, _, i) => [...all, all.at(-1) + size(i + 2)], [labels + width]);
    const end = (i) => ends[i + 1];
    const shown = rows.filter((each) => getComputedStyle(each).display !== "none");
    let inside = text(0, 16, table.caption);
    [...table.tHead.rows[0].cells].forEach((cell, i) => {
      if (i === 1) inside += text(labels, 40, cell.firstElementChild);
      else if (i) [...cell.querySelectorAll(".head, small")].forEach((part, line) => (inside += text(end(i - 2), 40 + 16 * line, part, { "text-anchor": "end" })));
      else inside += text(0, 56, cell);
    });
    box.querySelectorAll(".scale > span").forEach((tick) => {
      inside += text(labels + (parseFloat(tick.style.left) / 100) * width, 56, tick, { "text-anchor": "middle" });
    });
    shown.forEach((each, i) => {
      const top = 64 + row * i;
      const side = getComputedStyle(each.cells[0]).borderLeftColor;
      if (!side.endsWith(" 0)")) inside += element("path", { d: `M-8 ${top}v${row}`, stroke: side, "stroke-width": 3 });
      [...each.cells].forEach((cell, j) => {
        if (j === 0) inside += text(0, top + 18, cell);
        else if (j === 1) inside += paths(cell.querySelector("svg"), width / 1000, labels, top);
        else inside += text(end(j - 2), top + 18, cell, { "text-anchor": "end" });
      });
    });
    let [x, y] = [0, 64 + row * shown.length + 20];
    box.querySelectorAll(".legend > span").forEach((entry) => {
      if (getComputedStyle(entry).display === "none") return;
      const long = 40 + 7.2 * entry.textContent.length;
      if (x && x + long > ends.at(-1)) [x, y] = [0, y + 20];
      inside += paths(entry.querySelector("svg"), 1, x, y - 12) + text(x + 32, y, entry);
      x += long;
    });
    return [ends.at(-1), y + 8, inside];
  };
  const plot = (svg) => {
    const [, , width, height] = svg.getAttribute("viewBox").split(" ").map(Number);
    const nodes = [...svg.querySelectorAll("path, text")].filter((node) => getComputedStyle(node).display !== "none");
    const inside = nodes.map((node) => {
      const places = [...node.attributes].filter(({ name }) => /^(d|x|y)$/.test(name)).map(({ name, value }) => [name, value]);
      return element(node.localName, { ...styles(node), ...Object.fromEntries(places) }, escaped(node.textContent));
    });
    return [width, height + 24, text(0, 16, svg.querySelector("title"), { fill: "#000" }) + element("g", { transform: "translate(0 24)" }, inside.join(""))];
  };
  const save = (picture, name) => {
    const [width, height, inside] = inLight(picture, picture.matches("svg") ? plot : strips);
    const size = { width: width + 32, height: height + 32, viewBox: `-16 -16 ${width + 32} ${height + 32}` };
    const ground = element("rect", { x: -16, y: -16, width: "100%", height: "100%", fill: "#fff" });
    const file = element("svg", { xmlns: "http://www.w3.org/2000/svg", ...size, "font-family": "sans-serif" }, ground + inside);
    const link = create("a", { href: URL.createObjectURL(new Blob([file], { type: "image/svg+xml" })), download: `${name}.svg` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  document.querySelectorAll(".strips, svg.plot.wide").forEach((picture) => {
    const title = (picture.querySelector("caption") ?? picture.querySelector("title")).textContent;
    const name = [DATA.corpus, picture.id || picture.getAttribute("aria-labelledby").replace(/-wide-t.*/, "")].join("-");
    const button = create("button", { type: "button", className: "save", textContent: "SVG" });
    button.setAttribute("aria-label", `Download as SVG: ${title}`);
    button.addEventListener("click", () => save(picture, name.replace(/[^\p{L}\p{N}_-]+/gu, "_")));
    if (picture.matches(".strips")) picture.prepend(button);
    else picture.before(button);
  });
}
