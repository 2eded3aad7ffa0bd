"use strict";
// The page is complete without this script, which adds views of the same numbers and shows their controls.
const DATA = JSON.parse(document.getElementById("data").textContent);
document.documentElement.classList.add("scripted");
document.querySelectorAll(".needs-script").forEach((control) => control.removeAttribute("hidden"));
