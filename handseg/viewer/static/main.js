// The page: list on the left, panes in the middle, layers and bones on the right.

import * as list from "./list.js";
import { isOdd } from "./labels.js";
import { Pane, get, together } from "./pane.js";
import { save } from "./picture.js";
import { LAYERS, change, fromAddress, hasLayer, hiddenBones, hideBones, onChange, state, toggleLayer } from "./state.js";
import * as warnings from "./warnings.js";

const element = (id) => document.getElementById(id);
const POLL_MS = 1500;
let about, panes, showing;

async function begin() {
  Object.assign(state, fromAddress());
  about = await get("api/images");
  document.title = element("title").textContent = about.title;
  panes = [new Pane(element("first"), about.bones), new Pane(element("second"), about.bones)];
  list.setUp(about);
  setUpControls();
  list.setImages(about.images);
  if (!list.row(state.image)) change({ image: list.first() });
  onChange(respond);
  // The first fit must not overwrite the place that a link names.
  const place = state.view;
  await show();
  goTo(place);
  together(panes);
  follow();
}

async function follow() {
  element("progress").textContent = about.left ? `${about.left} images still to be scored` : "";
  if (!about.left) return;
  await new Promise((done) => setTimeout(done, POLL_MS));
  about = await get("api/images");
  list.setImages(about.images);
  if (!panes[0].shapes || list.row(state.image)) tellWarnings();
  follow();
}

function goTo(place) {
  const [lat, lng, zoom] = place.split("_").map(Number);
  if (place && [lat, lng, zoom].every(Number.isFinite)) panes[0].map.setView([lat, lng], zoom, { animate: false });
  else panes[0].fit();
}

async function show() {
  const row = list.row(state.image);
  if (!row) return;
  const chosen = predictor(row, state.by, 0), other = predictor(row, state.by2, 1);
  fill(panes[0].select, row.predictors, chosen);
  fill(panes[1].select, row.predictors, other);
  const resizing = panes[1].root.hidden === state.compare;
  panes[1].root.hidden = !state.compare;
  element("compare").setAttribute("aria-pressed", state.compare);
  element("dice2").hidden = !state.compare;
  try {
    // Half the width, or all of it again, asks for another zoom.
    if (resizing) for (const pane of panes) pane.map.invalidateSize();
    await Promise.all([panes[0].show(row.name, chosen), state.compare && panes[1].show(row.name, other)]);
    if (resizing) for (const pane of panes) if (!pane.root.hidden) pane.fit();
  } catch (error) {
    element("about").textContent = `${row.name}: ${error.message}`;
    return;
  }
  film();
  tell(row);
  fetchAhead(row.name);
}

// A member that did not predict this image gives way to one that did.
const predictor = (row, wanted, number) => row.predictors.includes(wanted) ? wanted : row.predictors[Math.min(number, row.predictors.length - 1)] ?? "";

function fill(select, names, chosen) {
  select.replaceChildren(...(names.length ? names : [""]).map((name) => new Option(name || "nobody", name)));
  select.value = chosen;
  select.disabled = !names.length;
}

function fetchAhead(name) {
  const next = list.after(name);
  if (next) new Image().src = `api/images/${encodeURIComponent(next)}/xray.png`;
}

function tell(row) {
  const shapes = panes[0].shapes, dice = shapes.bones.map((bone) => bone.dice).filter((value) => value !== null);
  const mean = dice.length ? `, mean Dice ${(dice.reduce((a, b) => a + b, 0) / dice.length).toFixed(4)}` : "";
  const fold = row.fold === null ? "" : `, fold ${row.fold}`;
  element("about").textContent = `${row.name}: person ${row.person}, ${row.part}${fold}, ${shapes.height} × ${shapes.width}${mean}`;
  tellWarnings();
  drawBones();
}

function tellWarnings() {
  warnings.tell(list.row(state.image)?.warnings ?? []);
}

function drawBones() {
  const hidden = hiddenBones(), shapes = panes.filter((pane) => !pane.root.hidden && pane.shapes).map((pane) => pane.shapes.bones);
  const known = (shapes[0] ?? []).map((bone) => bone.dice).filter((value) => value !== null);
  element("odd").hidden = !panes[0].shapes?.odd_bones.length;
  const lowest = known.length ? Math.min(...known) : null;
  const rows = about.bones.map((bone) => {
    const row = document.createElement("tr");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: !hidden.has(bone.id) });
    box.dataset.bone = bone.id;
    box.addEventListener("change", () => {
      const now = hiddenBones();
      box.checked ? now.delete(bone.id) : now.add(bone.id);
      hideBones(now);
    });
    const chip = Object.assign(document.createElement("span"), { className: "chip" });
    chip.style.background = bone.colour;
    const label = document.createElement("label");
    label.append(box, chip, bone.name);
    if (panes[0].shapes && isOdd(panes[0].shapes, bone.id)) {
      label.append(Object.assign(document.createElement("span"), { className: "warn", textContent: "⚠", title: "named by a warning" }));
    }
    row.append(document.createElement("td"), ...shapes.map((found) => number(found[bone.id].dice, lowest)));
    row.firstChild.append(label);
    return row;
  });
  element("bones").tBodies[0].replaceChildren(...rows);
}

function number(value, lowest) {
  const cell = Object.assign(document.createElement("td"), { className: "number", textContent: value === null ? "–" : value.toFixed(4) });
  if (value !== null && value === lowest) cell.classList.add("lowest");
  return cell;
}

const film = () => panes.forEach((pane) => pane.film());

function respond(changed) {
  const has = (...keys) => keys.some((key) => changed.has(key));
  if (has("image", "by", "by2", "compare")) showing = show();
  else if (has("layers", "hidden", "opacity")) {
    for (const pane of panes) if (pane.shapes && !pane.root.hidden) { pane.drawShapes(); pane.drawPictures(); }
    if (has("hidden")) drawBones();
  }
  if (has("brightness", "contrast")) film();
  if (has("layers", "opacity", "brightness", "contrast")) syncControls();
}

function syncControls() {
  for (const box of document.querySelectorAll("[data-layer]")) box.checked = hasLayer(box.dataset.layer);
  for (const id of ["opacity", "brightness", "contrast"]) element(id).value = state[id];
}

function toggleAll() { hideBones(hiddenBones().size ? [] : about.bones.map((bone) => bone.id)); }

// One click shows a group alone, a second one all bones again.
function only(ids) {
  const others = about.bones.map((bone) => bone.id).filter((id) => !ids.includes(id));
  hideBones(others.join(".") === state.hidden ? [] : others);
}

function setUpControls() {
  for (const layer of LAYERS) document.querySelector(`[data-layer=${layer}]`).addEventListener("change", () => toggleLayer(layer));
  for (const id of ["opacity", "brightness", "contrast"]) element(id).addEventListener("input", () => change({ [id]: +element(id).value }));
  const groups = { all: about.bones.map((bone) => bone.id), ...about.groups };
  element("groups").append(...Object.entries(groups).map(([name, ids]) => {
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: name });
    button.addEventListener("click", () => name === "all" ? toggleAll() : only(ids));
    return button;
  }));
  panes[0].select.addEventListener("change", () => change({ by: panes[0].select.value }));
  panes[1].select.addEventListener("change", () => change({ by2: panes[1].select.value }));
  for (const [id, act] of Object.entries(ACTIONS)) element(id).addEventListener("click", act);
  addEventListener("keydown", press);
  addEventListener("hashchange", async () => { const values = fromAddress(); change(values); await showing; goTo(values.view); });
  syncControls();
}

const ACTIONS = {
  previous: () => list.step(-1),
  next: () => list.step(1),
  compare: () => change({ compare: !state.compare }),
  fit: () => panes[0].fit(),
  link: copyLink,
  save: () => panes.forEach((pane) => { if (!pane.root.hidden && pane.shapes) save(pane); }),
  help: () => {
    element("keys").hidden = !element("keys").hidden;
    element("help").setAttribute("aria-expanded", !element("keys").hidden);
  },
};

async function copyLink() {
  await navigator.clipboard.writeText(location.href);
  element("progress").textContent = "link copied";
}

const more = (key, by, low, high) => change({ [key]: Math.min(high, Math.max(low, state[key] + by)) });
const KEYS = {
  j: ACTIONS.next, ArrowRight: ACTIONS.next, k: ACTIONS.previous, ArrowLeft: ACTIONS.previous,
  t: () => toggleLayer("truth"), p: () => toggleLayer("predicted"), b: () => toggleLayer("probability"),
  d: () => toggleLayer("difference"), n: () => toggleLayer("names"), a: toggleAll,
  "[": () => more("opacity", -10, 0, 100), "]": () => more("opacity", 10, 0, 100),
  "-": () => more("brightness", -20, 20, 400), "=": () => more("brightness", 20, 20, 400),
  f: ACTIONS.fit, c: ACTIONS.compare, l: copyLink, s: ACTIONS.save, "?": ACTIONS.help, "/": () => element("search").focus(),
};

function press(event) {
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
  if (event.key === "Escape" && typing) typing.blur();
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
}

begin().catch((error) => { element("progress").textContent = `The viewer cannot start: ${error.message}`; });
