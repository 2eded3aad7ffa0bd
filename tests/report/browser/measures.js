// Measures of a page as it is laid out. Each function returns a list of strings, one for each fault.
"use strict";

const describe = (node, text = node.textContent) => {
  const section = node.closest("section[id], [id]")?.id ?? "";
  const name = node.tagName.toLowerCase() + [...node.classList].map((name) => `.${name}`).join("");
  return `#${section} ${name} "${text.trim().replace(/\s+/g, " ").slice(0, 50)}"`;
};

const unseen = (node) => {
  const style = getComputedStyle(node);
  return style.visibility !== "visible" || style.clipPath === "inset(50%)" || style.contentVisibility === "hidden";
};

// Every text that is painted: its element, its words and its rectangle.
function texts(root = document.body) {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  const shown = [];
  const hidden = new Map();
  const isHidden = (node) => {
    if (!node || node === document.documentElement) return false;
    if (!hidden.has(node)) hidden.set(node, unseen(node) || isHidden(node.parentElement));
    return hidden.get(node);
  };
  while (walker.nextNode()) {
    const { currentNode: text } = walker;
    const node = text.parentElement;
    if (!text.data.trim() || node.closest("script, style, title, desc, template, noscript, option") || isHidden(node) || !node.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const boxes = [...range.getClientRects()].filter((box) => box.width > 0 && box.height > 0);
    if (boxes.length) shown.push({ node, words: text.data, boxes });
  }
  return shown;
}

// Elements whose right edge is outside the screen, unless they are inside a region that scrolls or cuts.
function overflow() {
  const width = document.documentElement.clientWidth;
  const excess = document.documentElement.scrollWidth - width; // a phone zooms out, so its innerWidth grows
  const held = (node) => node.parentElement?.closest(".scroll, svg, .hidden, [style*='overflow']");
  const wide = [...document.body.querySelectorAll("*")]
    .filter((node) => node.getBoundingClientRect().right > width + 1 && !held(node) && !unseen(node))
    .map((node) => `${Math.round(node.getBoundingClientRect().right)} px: ${describe(node)}`);
  const tables = [...document.querySelectorAll("table")]
    .map((table) => [table.offsetWidth - table.parentElement.clientWidth, table])
    .filter(([more, table]) => more > 1 && getComputedStyle(table.parentElement).overflowX === "visible")
    .map(([more, table]) => `${more} px wider than its place: ${describe(table)}`);
  return [...tables, ...(excess > 0 ? [`the document is ${excess} px too wide`, ...wide.slice(-8)] : [])];
}

// Regions that scroll sideways, except those that match a selector.
function scrolling(except = "nothing") {
  return [...document.body.querySelectorAll("*")]
    .filter((node) => node.scrollWidth > node.clientWidth + 1 && /auto|scroll/.test(getComputedStyle(node).overflowX))
    .filter((node) => painted(node) && !node.matches(except))
    .map((node) => `${describe(node, node.getAttribute("aria-label") ?? "no label")}: ${node.scrollWidth} px in ${node.clientWidth} px`);
}

// Texts that leave their table cell, or a box that cuts them.
function cut() {
  const faults = [];
  for (const { node, words, boxes } of texts()) {
    let placed = false; // a tick label may stand outside its cell: overlapping() checks it
    for (let box = node; box && box !== document.body; box = box.parentElement) {
      placed ||= getComputedStyle(box).position === "absolute";
      const clips = getComputedStyle(box).overflowX;
      if (/auto|scroll/.test(clips)) break;
      const inline = getComputedStyle(box).display === "inline";
      const root = box instanceof SVGElement && !(box instanceof SVGSVGElement);
      if (inline || root || !(/hidden|clip/.test(clips) || (box.matches("td, th") && !placed))) continue;
      const frame = box.getBoundingClientRect();
      const excess = Math.max(...boxes.map((part) => Math.max(part.right - frame.right, frame.left - part.left)));
      if (excess > 1) {
        faults.push(`${excess.toFixed(0)} px outside ${describe(box, "")}: ${describe(node, words)}`);
        break;
      }
    }
  }
  return faults;
}

const scaleOf = (node) => {
  if (!(node instanceof SVGElement)) return 1;
  const { a, b, c, d } = node.getScreenCTM();
  return Math.min(Math.hypot(a, b), Math.hypot(c, d));
};

// The smallest text first: its size on the screen in pixels and its words.
function sizes() {
  return texts()
    .map(({ node, words }) => [parseFloat(getComputedStyle(node).fontSize) * scaleOf(node), describe(node, words)])
    .sort((a, b) => a[0] - b[0]);
}

function small(limit) {
  return sizes().filter(([size]) => size < limit - 0.05).map(([size, text]) => `${size.toFixed(1)} px: ${text}`);
}

// Pairs of texts in one picture or table head that cover each other.
function overlapping() {
  const faults = [];
  for (const part of document.querySelectorAll("svg, thead")) {
    const least = part.matches("thead") ? -2 : 1.5; // ticks of a scale need a gap
    const parts = texts(part).flatMap(({ node, words, boxes }) => boxes.map((box) => ({ node, words, box })));
    parts.forEach((first, i) => {
      for (const second of parts.slice(i + 1)) {
        const [a, b] = [first.box, second.box];
        const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (across > least && down > 6) faults.push(`"${first.words.trim()}" covers ${describe(second.node, second.words)}`);
      }
    });
  }
  return faults;
}

// Buttons that cover a text.
function covering() {
  const shown = texts().flatMap(({ node, words, boxes }) => boxes.map((box) => ({ node, words, box })));
  return [...document.querySelectorAll("button")].filter(painted).flatMap((button) => {
    const a = button.getBoundingClientRect();
    return shown
      .filter(({ node, box: b }) => !button.contains(node)
        && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3)
      .map(({ node, words }) => `${describe(button)} covers ${describe(node, words)}`);
  });
}

const lit = (c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const luminance = ([r, g, b]) => 0.2126 * lit(r / 255) + 0.7152 * lit(g / 255) + 0.0722 * lit(b / 255);

function contrast(first, second) {
  const [dark, light] = [luminance(first), luminance(second)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

// Parse a colour to red, green, blue and alpha; the canvas resolves names, color-mix() and other notations.
const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
const ink = canvas.getContext("2d", { willReadFrequently: true });
const colours = new Map();

function parse(text) {
  if (!colours.has(text)) {
    const parts = /^rgba?\(/.test(text) ? text.match(/[\d.]+/g).map(Number) : undefined;
    colours.set(text, parts ? [...parts.slice(0, 3), parts[3] ?? 1] : filled(text));
  }
  return colours.get(text);
}

function filled(text) {
  ink.clearRect(0, 0, 1, 1);
  ink.fillStyle = text;
  ink.fillRect(0, 0, 1, 1);
  const [r, g, b, a] = ink.getImageData(0, 0, 1, 1).data;
  return [r, g, b, a / 255];
}

const over = ([r, g, b, a], base) => [r, g, b].map((value, i) => a * value + (1 - a) * base[i]);

function opacityOf(node) {
  let opacity = 1;
  for (; node; node = node.parentElement) opacity *= Number(getComputedStyle(node).opacity);
  return opacity;
}

// The colour behind an element: the backgrounds of its ancestors, the outermost first.
function ground(node) {
  const layers = [];
  for (; node; node = node.parentElement) layers.push(parse(getComputedStyle(node).backgroundColor));
  return layers.reverse().reduce((base, layer) => over(layer, base), [255, 255, 255]);
}

const SHAPES = "path, rect, circle, ellipse, polygon, line, polyline";

// The colour behind a point of a picture: the shapes that are filled there and drawn before the element.
function behind(node, x, y) {
  const svg = node.ownerSVGElement;
  let base = ground(svg);
  for (const shape of svg.querySelectorAll(SHAPES)) {
    if (shape === node || !(shape.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING)) continue;
    const style = getComputedStyle(shape);
    if (style.fill === "none" || style.display === "none" || shape.closest("defs, clipPath")) continue;
    const frame = shape.getBoundingClientRect();
    if (x < frame.left || x > frame.right || y < frame.top || y > frame.bottom) continue;
    if (!shape.isPointInFill(new DOMPoint(x, y).matrixTransform(shape.getScreenCTM().inverse()))) continue;
    const [r, g, b, a] = parse(style.fill);
    base = over([r, g, b, a * Number(style.fillOpacity) * opacityOf(shape)], base);
  }
  return base;
}

// Texts whose contrast with what is behind them is below 4.5; Matplotlib's charts have tests of their own.
function faintTexts() {
  const faults = [];
  for (const { node, words, boxes } of texts()) {
    if (node.closest(".card svg")) continue;
    const style = getComputedStyle(node);
    const drawn = node instanceof SVGElement;
    const [box] = boxes;
    const haloed = drawn && style.paintOrder.startsWith("stroke") && style.stroke !== "none";
    const back = haloed ? over(parse(style.stroke), ground(node.ownerSVGElement))
      : drawn ? behind(node, box.x + box.width / 2, box.y + box.height / 2) : ground(node);
    const [r, g, b, a] = parse(drawn ? style.fill : style.color);
    const value = contrast(over([r, g, b, a * opacityOf(node)], back), back);
    if (value < 4.5) faults.push(`${value.toFixed(2)} ${describe(node, words)}`);
  }
  return faults;
}

// Marks of pictures whose contrast with the page is below 3, except those that match a selector.
function faintMarks(except) {
  const faults = new Set();
  for (const mark of document.querySelectorAll(SHAPES.replaceAll(/(\w+)/g, "svg $1"))) {
    if (mark.matches(except) || mark.closest("defs, clipPath") || !mark.getClientRects().length) continue;
    const style = getComputedStyle(mark);
    const back = ground(mark.ownerSVGElement);
    const paints = [[style.stroke, style.strokeOpacity], [style.fill, style.fillOpacity]]
      .filter(([paint]) => paint !== "none" && !paint.startsWith("url"))
      .map(([paint, opacity]) => ((c) => over([c[0], c[1], c[2], c[3] * opacity * opacityOf(mark)], back))(parse(paint)));
    const value = Math.max(...paints.map((paint) => contrast(paint, back)));
    if (paints.length && value < 3) faults.add(`${value.toFixed(2)} ${describe(mark, style.stroke)}`);
  }
  return [...faults];
}

// Controls that have no name for a screen reader.
function unnamed() {
  const name = (node) => node.getAttribute("aria-label") || node.textContent || node.getAttribute("title")
    || [...(node.labels ?? [])].map((label) => label.textContent).join("");
  const controls = document.querySelectorAll("a, button, summary, audio, select, input, [tabindex='0'], [role=region], nav");
  return [...controls].filter((node) => !name(node).trim()).map((node) => node.outerHTML.slice(0, 80));
}

const CONTROLS = "a[href], button, select, input, textarea, summary, audio[controls], [tabindex='0']";
const painted = (node) => node.checkVisibility() && node.getClientRects().length > 0 && !unseen(node);

// Controls that the keyboard can reach.
function controls() {
  return [...document.querySelectorAll(CONTROLS)]
    .filter((node) => painted(node) && node.tabIndex >= 0 && !node.disabled)
    .map((node) => describe(node));
}

// Controls that need a script, except those that match a selector.
function scripted(except = "nothing") {
  return [...document.querySelectorAll("button, select, input, textarea, [role=button], [role=tab], [role=slider]")]
    .filter((node) => painted(node) && !node.matches(except))
    .map((node) => describe(node));
}

// The texts outside controls, and the names of pictures.
function sentences() {
  return texts()
    .filter(({ node }) => !node.closest("button, .needs-script, output, [role=status]"))
    .map(({ words }) => words.trim().replace(/\s+/g, " "));
}

function pictures() {
  return [...document.querySelectorAll("svg")].filter(painted).map((node) => node.getAttribute("aria-label") ?? "");
}

// The element with the focus: its name, whether the focus shows, and what covers it.
function focused() {
  const node = document.activeElement;
  const style = getComputedStyle(node);
  const box = node.getBoundingClientRect();
  const back = ground(node.parentElement);
  const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
  const top = document.elementFromPoint(box.x + Math.min(box.width / 2, 8), box.y + Math.min(box.height / 2, 8));
  return {
    name: describe(node, node.getAttribute("aria-label") ?? node.textContent),
    section: node.closest("section")?.id ?? "",
    y: box.y + scrollY,
    body: node === document.body,
    visible: outlined && contrast(over(parse(style.outlineColor), back), back) >= 3,
    covered: box.height > innerHeight || (top && (node.contains(top) || top.contains(node))) ? "" : top ? describe(top, "") : "the edge of the screen",
  };
}
