// What is shown, in one object; the page's address says it all, so that a link leads back to it.

export const LAYERS = ["truth", "predicted", "probability", "difference", "names"];
const DEFAULTS = {
  image: "", by: "", by2: "", compare: false, layers: "truth,predicted", hidden: "", opacity: 45, brightness: 100,
  contrast: 100, search: "", part: "", fold: "", person: "", sort: "name", below: "", descending: false, warned: false,
  view: "",
};
export const state = { ...DEFAULTS };
const listeners = [];

export function onChange(listener) { listeners.push(listener); }

export function change(values) {
  const changed = Object.keys(values).filter((key) => state[key] !== values[key]);
  if (!changed.length) return;
  Object.assign(state, values);
  history.replaceState(null, "", `#${toText()}`);
  for (const listener of listeners) listener(new Set(changed));
}

export function toText() {
  const parts = new URLSearchParams();
  for (const [key, value] of Object.entries(state)) if (value !== DEFAULTS[key]) parts.set(key, value);
  return parts.toString();
}

export function fromAddress() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const values = { ...DEFAULTS };
  for (const [key, base] of Object.entries(DEFAULTS)) {
    const text = parts.get(key);
    if (text === null) continue;
    if (typeof base === "number") values[key] = Number.isFinite(+text) ? +text : base;
    else values[key] = typeof base === "boolean" ? text === "true" : text;
  }
  return values;
}

export const hasLayer = (name) => state.layers.split(",").includes(name);
export function toggleLayer(name) {
  const chosen = new Set(state.layers.split(",").filter(Boolean));
  chosen.has(name) ? chosen.delete(name) : chosen.add(name);
  change({ layers: LAYERS.filter((layer) => chosen.has(layer)).join(",") });
}

export const hiddenBones = () => new Set(state.hidden.split(".").filter(Boolean).map(Number));
export function hideBones(ids) { change({ hidden: [...ids].sort((a, b) => a - b).join(".") }); }
