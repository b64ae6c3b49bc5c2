// The list of images: filtered, sorted, with the one that is shown marked.

import { change, onChange, state } from "./state.js";

const element = (id) => document.getElementById(id);
let images = [], bones = [], shown = [];

export function setUp(about) {
  bones = about.bones;
  const sort = element("sort");
  for (const bone of bones) sort.append(new Option(`Dice of ${bone.name}`, bone.id));
  for (const [id, event] of [["search", "input"], ["below", "input"], ["part", "change"], ["fold", "change"], ["person", "change"], ["sort", "change"]]) {
    element(id).addEventListener(event, () => change({ [id]: element(id).value }));
  }
  for (const id of ["descending", "warned"]) element(id).addEventListener("change", () => change({ [id]: element(id).checked }));
  onChange((changed) => {
    if (["search", "part", "fold", "person", "sort", "below", "descending", "warned"].some((key) => changed.has(key))) draw();
    else if (changed.has("image")) mark();
  });
}

export function setImages(rows) {
  images = rows;
  options(element("fold"), [...new Set(rows.map((row) => row.fold).filter((fold) => fold !== null))].sort((a, b) => a - b));
  options(element("person"), [...new Set(rows.map((row) => row.person))].sort());
  draw();
}

function options(select, values) {
  if (select.options.length === values.length + 1) return;
  select.replaceChildren(new Option("all", ""), ...values.map((value) => new Option(value, value)));
  select.value = state[select.id];
}

// Of the bone that is sorted by, else the mean.
const dice = (row) => {
  if (["odd", "name", "mean"].includes(state.sort)) return row.mean;
  return row.dice ? row.dice[+state.sort] : null;
};
const score = (row) => state.sort === "odd" ? row.oddness : dice(row);

function matches(row) {
  const text = state.search.trim().toLowerCase();
  const value = dice(row);
  return (!text || [row.name, row.person, ...row.warnings].some((part) => part.toLowerCase().includes(text)))
    && (!state.part || row.part === state.part)
    && (!state.fold || String(row.fold) === state.fold)
    && (!state.person || row.person === state.person)
    && (!state.warned || row.warnings.length > 0)
    && (!state.below || (value !== null && value < +state.below));
}

function draw() {
  for (const id of ["search", "part", "fold", "person", "sort", "below"]) if (element(id).value !== state[id]) element(id).value = state[id];
  for (const id of ["descending", "warned"]) element(id).checked = state[id];
  shown = images.filter(matches);
  if (state.sort !== "name") {
    // Those without a score come last, whichever way.
    shown.sort((a, b) => {
      const x = score(a), y = score(b);
      if (x === null || y === null) return (x === null) - (y === null);
      return state.descending ? y - x : x - y;
    });
  } else if (state.descending) shown.reverse();
  element("count").textContent = shown.length === images.length ? `${images.length} images` : `${shown.length} of ${images.length} images`;
  element("list").replaceChildren(...shown.map(item));
  mark();
}

function item(row) {
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.name = row.name;
  const value = score(row);
  button.append(
    span("name", row.name), span("score", value === null ? "" : value.toFixed(4)),
    span("who", `${row.person}, ${row.part}${row.fold === null ? "" : `, fold ${row.fold}`}`),
    span("warn", row.warnings.length ? `⚠ ${row.warnings.length}` : ""),
  );
  button.title = [row.name, ...row.warnings].join("\n");
  button.addEventListener("click", () => change({ image: row.name }));
  const line = document.createElement("li");
  line.append(button);
  return line;
}

function span(kind, text) {
  const made = document.createElement("span");
  made.className = kind;
  made.textContent = text;
  return made;
}

function mark() {
  for (const button of element("list").querySelectorAll("button")) {
    const current = button.dataset.name === state.image;
    button.setAttribute("aria-current", current);
    if (current) show(button);
  }
}

export function step(by) {
  if (!shown.length) return;
  const at = shown.findIndex((row) => row.name === state.image);
  const next = at < 0 ? 0 : Math.min(shown.length - 1, Math.max(0, at + by));
  change({ image: shown[next].name });
}

export const first = () => shown[0]?.name ?? "";
export const after = (name) => shown[shown.findIndex((row) => row.name === name) + 1]?.name;
export const row = (name) => images.find((one) => one.name === name);

// Within the list alone: scrollIntoView would move the page as well, and the image out of sight, on narrow screens.
function show(button) {
  const list = element("list"), [inside, around] = [button, list].map((one) => one.getBoundingClientRect());
  if (inside.top < around.top) list.scrollTop -= around.top - inside.top;
  else if (inside.bottom > around.bottom) list.scrollTop += inside.bottom - around.bottom;
}
