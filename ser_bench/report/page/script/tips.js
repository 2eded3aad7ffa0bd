// The values behind marks: on hover, and by arrow keys in a picture that has the focus.
{
  const tip = document.body.appendChild(create("div", { id: "tip", hidden: true }));
  tip.setAttribute("role", "status");
  let current = null;
  const hide = () => {
    current?.classList.remove("current");
    current = null;
    tip.hidden = true;
  };
  const show = (mark, x) => {
    if (mark === current) return;
    hide();
    if (!mark) return;
    current = mark;
    mark.classList.add("current");
    tip.hidden = false;
    tip.textContent = mark.dataset.tip;
    const box = mark.getBoundingClientRect();
    const middle = x ?? box.left + box.width / 2;
    const end = document.documentElement.clientWidth - tip.offsetWidth - 8;
    // In a row the tip is beside the pointer, which so can go on to the next row, or to the tip.
    const aside = middle + 16 > end ? middle - 16 - tip.offsetWidth : middle + 16;
    const left = box.width > 40 && x !== undefined ? aside : middle - tip.offsetWidth / 2;
    const above = box.top - tip.offsetHeight - 6;
    tip.style.left = `${scrollX + Math.max(8, Math.min(left, end))}px`;
    tip.style.top = `${scrollY + (above > 48 ? above : box.bottom + 6)}px`;
  };
  document.addEventListener("pointermove", ({ target, clientX }) => {
    if (target === tip) return;
    const mark = target.closest("[data-tip]");
    if (mark || !current?.closest(":focus")) show(mark, clientX);
  });
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  for (const picture of document.querySelectorAll("svg.plot, .strips tbody")) {
    const marks = () => [...picture.querySelectorAll("[data-tip]")].filter((mark) => mark.getClientRects().length);
    if (!picture.querySelector("[data-tip]")) continue;
    picture.tabIndex = 0;
    picture.addEventListener("focus", () => picture.matches(":focus-visible") && show(marks()[0]));
    picture.addEventListener("blur", hide);
    picture.addEventListener("keydown", (event) => {
      const all = marks();
      const to = { Home: 0, End: all.length - 1 }[event.key] ?? all.indexOf(current) + STEPS[event.key];
      if (!all[to]) return;
      event.preventDefault();
      all[to].scrollIntoView({ block: "nearest" });
      show(all[to]);
    });
  }
}
