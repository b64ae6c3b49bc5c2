// One image under its layers, in a Leaflet map whose units are the image's pixels.

import { isOdd, labels } from "./labels.js";
import { change, hasLayer, hiddenBones, state } from "./state.js";

const SVG = "http://www.w3.org/2000/svg";

export class Pane {
  constructor(root, bones) {
    this.root = root;
    this.bones = bones;
    this.select = root.querySelector("select");
    this.shapes = null;
    this.layers = {};
    this.urls = [];
    this.fitted = true;
    this.map = L.map(root.querySelector(".map"), {
      crs: L.CRS.Simple, minZoom: -5, maxZoom: 5, zoomSnap: 0.25, attributionControl: false, keyboard: false, zoomAnimation: false, fadeAnimation: false,
      trackResize: false, inertia: false,
    });
    this.map.setView([0, 0], 0);
    this.map.on("movestart", () => { this.fitted &&= Boolean(this.quiet); });
    this.map.on("moveend", () => this.keepNear());
    this.map.on("zoomend", () => this.drawNames());
    // Text above a map takes room from it as well as the window does.
    new ResizeObserver(() => this.resized()).observe(this.map.getContainer());
  }

  // Latitude is up, rows are down.
  bounds(box) { return [[-box[2], box[1]], [-box[0], box[3]]]; }

  async show(name, by) {
    const asked = `${name}\n${by}`;
    this.asked = asked;
    const query = by ? `?by=${encodeURIComponent(by)}` : "";
    const shapes = await get(`api/images/${encodeURIComponent(name)}${query}`);
    if (this.asked !== asked) return;
    const fresh = !this.shapes || this.shapes.name !== name;
    this.shapes = shapes;
    if (fresh) this.drawXray(shapes);
    this.drawShapes();
    await this.drawPictures();
  }

  drawXray(shapes) {
    this.remove("xray");
    const whole = this.bounds([0, 0, shapes.height, shapes.width]);
    const url = `api/images/${encodeURIComponent(shapes.name)}/xray.png`;
    this.layers.xray = L.imageOverlay(url, whole, { className: "xray", zIndex: 1, alt: `X-ray ${shapes.name}` }).addTo(this.map);
    this.map.options.maxBounds = L.latLngBounds(whole).pad(0.5);
    if (this.fitted) this.fit();
  }

  // Not by setMaxBounds: it glides back, and goes on gliding after another view is set.
  keepNear() {
    const limits = this.map.options.maxBounds;
    if (limits) this.quietly(() => this.map.panInsideBounds(limits, { animate: false }));
  }

  fit() {
    if (!this.shapes) return;
    this.fitted = true;
    this.quietly(() => {
      this.map.invalidateSize();
      this.map.fitBounds(this.bounds([0, 0, this.shapes.height, this.shapes.width]), { animate: false });
    });
  }

  resized() {
    if (this.root.hidden || !this.shapes) return;
    if (this.fitted) this.fit();
    else this.map.invalidateSize();
  }

  follow(other) {
    this.fitted = other.fitted;
    this.quietly(() => this.map.setView(other.map.getCenter(), other.map.getZoom(), { animate: false }));
  }

  // Moves that nobody asked for by hand.
  quietly(move) {
    const before = this.quiet;
    this.quiet = true;
    move();
    this.quiet = before;
  }

  drawShapes() {
    this.remove("shapes");
    const { width, height } = this.shapes;
    const drawing = document.createElementNS(SVG, "svg");
    // Outlines run through the centres of pixels.
    drawing.setAttribute("viewBox", `-0.5 -0.5 ${width} ${height}`);
    const hidden = hiddenBones();
    for (const bone of this.shapes.bones) if (!hidden.has(bone.id)) drawing.append(this.drawBone(bone));
    this.names = drawing.appendChild(document.createElementNS(SVG, "g"));
    this.drawNames();
    this.layers.shapes = L.svgOverlay(drawing, this.bounds([0, 0, height, width]), { zIndex: 4, interactive: false }).addTo(this.map);
  }

  drawBone(bone) {
    const group = document.createElementNS(SVG, "g"), about = this.bones[bone.id];
    group.dataset.bone = bone.id;
    const add = (kind, path, extra = {}) => {
      const made = document.createElementNS(SVG, "path");
      made.setAttribute("class", kind);
      made.setAttribute("d", path);
      for (const [key, value] of Object.entries(extra)) made.setAttribute(key, value);
      group.append(made);
    };
    if (hasLayer("predicted") && bone.predicted) {
      add("predicted", bone.predicted, { fill: about.colour, stroke: about.colour, "fill-opacity": state.opacity / 100 });
    }
    if (hasLayer("truth") && bone.truth) {
      add("halo", bone.truth);
      add(isOdd(this.shapes, bone.id) ? "truth odd" : "truth", bone.truth);
    }
    return group;
  }

  drawNames() {
    this.names?.replaceChildren(...labels(this.shapes, this.bones, this.map.getZoomScale(this.map.getZoom(), 0)).map((one) => {
      const text = document.createElementNS(SVG, "text");
      if (one.odd) text.setAttribute("class", "odd");
      [["x", one.x], ["y", one.y], ["font-size", one.size]].forEach(([key, value]) => text.setAttribute(key, value));
      text.textContent = one.text;
      return text;
    }));
  }

  async drawPictures() {
    for (const url of this.urls.splice(0)) URL.revokeObjectURL(url);
    await Promise.all(["probability", "difference"].map((kind) => this.drawPicture(kind)));
  }

  async drawPicture(kind) {
    const { name, by, has_truth: hasTruth } = this.shapes;
    this.remove(kind);
    if (!hasLayer(kind) || !by || (kind === "difference" && !hasTruth)) return;
    const hidden = hiddenBones(), wanted = this.bones.map((bone) => bone.id).filter((id) => !hidden.has(id));
    const asked = (this[`asked_${kind}`] = Symbol(kind));
    const query = new URLSearchParams({ by, bones: wanted.join(",") });
    const answer = await fetch(`api/images/${encodeURIComponent(name)}/${kind}.png?${query}`);
    if (answer.status !== 200 || this[`asked_${kind}`] !== asked || !hasLayer(kind)) return;
    const box = answer.headers.get("X-Box").split(",").map(Number);
    const url = URL.createObjectURL(await answer.blob());
    if (this[`asked_${kind}`] !== asked) { URL.revokeObjectURL(url); return; }
    this.urls.push(url);
    this.remove(kind);
    const opacity = kind === "probability" ? Math.min(1, state.opacity / 50) : 1;
    this.layers[kind] = L.imageOverlay(url, this.bounds(box), { className: kind, zIndex: kind === "probability" ? 2 : 3, opacity }).addTo(this.map);
    this.layers[kind].box = box;
  }

  remove(kind) {
    this.layers[kind]?.remove();
    delete this.layers[kind];
  }

  film() {
    this.map.getContainer().style.setProperty("--film", `brightness(${state.brightness}%) contrast(${state.contrast}%)`);
  }
}

export async function get(address) {
  const answer = await fetch(address), value = await answer.json();
  if (!answer.ok) throw new Error(value.error ?? answer.statusText);
  return value;
}

// Two maps move as one.
export function together(panes) {
  let moving = false;
  for (const pane of panes) {
    pane.map.on("move", () => {
      if (moving) return;
      moving = true;
      for (const other of panes) if (other !== pane && !other.root.hidden) other.follow(pane);
      moving = false;
    });
  }
  panes[0].map.on("moveend", () => {
    const { lat, lng } = panes[0].map.getCenter();
    // A whole image is to be whole in another's window too.
    change({ view: panes[0].fitted ? "" : [lat.toFixed(1), lng.toFixed(1), panes[0].map.getZoom()].join("_") });
  });
}
