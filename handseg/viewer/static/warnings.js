// The warnings about an image: a few lines of them, and all when asked.

const list = document.getElementById("warnings"), more = document.getElementById("more");
// As the style sheet has it.
const FEW_LINES = 3;

export function tell(lines) {
  list.replaceChildren(...lines.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  offer();
}

function offer() {
  const open = list.classList.contains("open"), count = list.children.length;
  more.hidden = list.scrollHeight <= FEW_LINES * parseFloat(getComputedStyle(list).lineHeight);
  more.textContent = open ? "show less" : count > 1 ? `show all of ${count} warnings` : "show all of it";
  more.setAttribute("aria-expanded", open);
}

more.addEventListener("click", () => {
  list.classList.toggle("open");
  list.scrollTop = 0;
  offer();
});
// As the window grows narrow, more lines are needed.
new ResizeObserver(offer).observe(list);
