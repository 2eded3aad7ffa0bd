"use strict";
// The page is complete without this script, which adds views of the same numbers and shows their controls.
const DATA = JSON.parse(document.getElementById("data").textContent);
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const titleOf = (model) => DATA.models.find(([name]) => name === model)[1];
// Scores are whole tenths of a percent.
const percent = (score) => (score === null ? "n/a" : (score / 10).toFixed(1));
const create = (name, properties = {}, ...children) => {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
};
document.documentElement.classList.add("scripted");
document.querySelectorAll(".needs-script").forEach((control) => control.removeAttribute("hidden"));
