// Which names stand over an image, and where, so that none is printed over another.

import { hasLayer, hiddenBones } from "./state.js";

const EM_PER_LETTER = 0.65, EM_AROUND = 0.3, EM_PER_LINE = 1.2, ROUNDS = 80;
// Readable in pixels of the screen, whatever the zoom.
const LEAST_PX = { usual: 9, odd: 12 };
const MOST_IN_FULL = 8;

export const isOdd = (shapes, id) => shapes.odd_bones.includes(id);

// A name that a warning mentions is told with the outline, without being asked for.
export function labels(shapes, bones, scale) {
  const hidden = hiddenBones(), full = shapes.odd_bones.length <= MOST_IN_FULL;
  const made = shapes.bones.filter((bone) => bone.label && !hidden.has(bone.id)).map((bone) => {
    const odd = hasLayer("truth") && isOdd(shapes, bone.id);
    if (!odd && !hasLayer("names")) return null;
    const about = bones[bone.id], text = odd && full ? about.name : about.short;
    const size = Math.max(shapes.width / 60, (odd ? LEAST_PX.odd : LEAST_PX.usual) / scale);
    const [x, y] = bone.label;
    return { id: bone.id, text, odd, size, x, y, width: (text.length * EM_PER_LETTER + EM_AROUND) * size, height: size * EM_PER_LINE };
  }).filter(Boolean);
  for (let round = 0; round < ROUNDS && spread(made); round += 1) for (const one of made) keepInside(one, shapes);
  return made;
}

// Whether any two were over each other.
function spread(made) {
  let moved = false;
  made.forEach((a, index) => {
    for (const b of made.slice(index + 1)) {
      const wide = (a.width + b.width) / 2 - Math.abs(a.x - b.x), high = (a.height + b.height) / 2 - Math.abs(a.y - b.y);
      if (wide <= 0 || high <= 0) continue;
      moved = true;
      const axis = wide < high ? "x" : "y", step = (Math.min(wide, high) / 2 + 0.01) * (a[axis] <= b[axis] ? 1 : -1);
      a[axis] -= step;
      b[axis] += step;
    }
  });
  return moved;
}

function keepInside(one, { width, height }) {
  one.x = Math.min(width - one.width / 2, Math.max(one.width / 2, one.x));
  one.y = Math.min(height - one.height / 2, Math.max(one.height / 2, one.y));
}
