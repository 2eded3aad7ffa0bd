// The navigation marks the section that is read.
{
  const list = document.querySelector("nav ul");
  const links = new Map([...list.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
  const seen = new Set();
  const watch = new IntersectionObserver(
    (entries) => {
      entries.forEach(({ target, isIntersecting }) => seen[isIntersecting ? "add" : "delete"](target.id));
      const current = [...links.keys()].find((anchor) => seen.has(anchor));
      if (!current) return;
      links.forEach((link, anchor) => {
        if (anchor === current) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      });
      const link = links.get(current);
      list.scrollTo({ left: link.offsetLeft - list.offsetLeft - (list.clientWidth - link.offsetWidth) / 2 });
    },
    { rootMargin: "-20% 0px -70%" },
  );
  document.querySelectorAll("main > section").forEach((section) => watch.observe(section));
}
