// The navigation marks the section that was chosen, else the last section that began above.
{
  const list = document.querySelector("nav ul");
  const links = new Map([...list.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
  const sections = [...document.querySelectorAll("main > section")];
  const inView = ({ top }) => top >= 0 && top < innerHeight;
  let [chosen, marked] = [];
  const read = () => {
    const heads = sections.map(({ id }) => [id, document.getElementById(`${id}-head`).getBoundingClientRect()]);
    const own = heads.find(([id, box]) => id === chosen && inView(box));
    if (own) return chosen;
    if (scrollY > 0 && scrollY + innerHeight >= document.documentElement.scrollHeight - 2) return heads.at(-1)[0];
    return (heads.findLast(([, { top }]) => top <= innerHeight / 3) ?? heads[0])[0];
  };
  const mark = () => {
    const link = links.get(read());
    if (link === marked) return;
    marked?.removeAttribute("aria-current");
    marked = link;
    link.setAttribute("aria-current", "true");
    list.scrollTo({ left: link.offsetLeft - list.offsetLeft - (list.clientWidth - link.offsetWidth) / 2 });
  };
  const choose = () => {
    [chosen] = location.hash.slice(1).split("?");
    mark();
  };
  // A link to the current address changes nothing, so clicks count too. Scrolling ends a choice.
  for (const kind of ["wheel", "touchmove", "keydown", "pointerdown"]) addEventListener(kind, () => (chosen = null), { passive: true });
  document.addEventListener("click", ({ target }) => {
    const link = target.closest('a[href^="#"]');
    if (link) chosen = link.hash.slice(1);
  });
  for (const kind of ["scroll", "resize"]) addEventListener(kind, mark, { passive: true });
  addEventListener("hashchange", choose);
  choose();
}
