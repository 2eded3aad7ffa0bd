// One player for the hardest clips, with a button each; arrow keys move between them.
{
  const box = document.querySelector(".player");
  if (box) {
    const [player, words] = [box.querySelector("audio"), box.querySelector("span")];
    const buttons = [...document.querySelectorAll(".hardest audio")].map((audio) => {
      const button = create("button", { type: "button", textContent: "Play" });
      button.setAttribute("aria-label", `Play ${audio.getAttribute("aria-label")}`);
      button.addEventListener("click", () => {
        box.hidden = false;
        player.src = audio.getAttribute("src");
        words.textContent = audio.getAttribute("aria-label");
        buttons.forEach((other) => other.classList.toggle("playing", other === button));
        player.play().catch(() => {});
      });
      audio.replaceWith(button);
      return button;
    });
    document.querySelector(".hardest").addEventListener("keydown", (event) => {
      const next = buttons[buttons.indexOf(document.activeElement) + STEPS[event.key]];
      if (!next || !buttons.includes(document.activeElement)) return;
      event.preventDefault();
      next.focus();
      next.click();
    });
  }
}
