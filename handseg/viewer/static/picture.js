// What a pane shows as one PNG, at the image's own size.

import { isOdd, labels } from "./labels.js";
import { hasLayer, hiddenBones, state } from "./state.js";

const ODD = getComputedStyle(document.documentElement).getPropertyValue("--odd");

export async function save(pane) {
  const canvas = await draw(pane);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${pane.shapes.name.replace(/\.png$/, "")}${pane.shapes.by ? `-${pane.shapes.by}` : ""}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function draw(pane) {
  const { width, height, bones } = pane.shapes;
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d");
  pen.filter = `brightness(${state.brightness}%) contrast(${state.contrast}%)`;
  pen.drawImage(await loaded(pane.layers.xray), 0, 0);
  pen.filter = "none";
  for (const kind of ["probability", "difference"]) {
    const layer = pane.layers[kind];
    if (!layer) continue;
    pen.globalAlpha = layer.options.opacity;
    pen.drawImage(await loaded(layer), layer.box[1], layer.box[0]);
    pen.globalAlpha = 1;
  }
  const hidden = hiddenBones(), unit = width / 1024;
  // Outlines run through the centres of pixels, which a canvas has at halves.
  pen.translate(0.5, 0.5);
  for (const bone of bones.filter((one) => !hidden.has(one.id))) {
    drawBone(pen, bone, pane.bones[bone.id], unit, isOdd(pane.shapes, bone.id));
  }
  for (const one of labels(pane.shapes, pane.bones, 1)) drawName(pen, one);
  return canvas;
}

function drawBone(pen, bone, about, unit, odd) {
  if (hasLayer("predicted") && bone.predicted) {
    const path = new Path2D(bone.predicted);
    pen.fillStyle = pen.strokeStyle = about.colour;
    pen.globalAlpha = state.opacity / 100;
    pen.fill(path, "evenodd");
    pen.globalAlpha = 1;
    pen.lineWidth = unit;
    pen.stroke(path);
  }
  if (hasLayer("truth") && bone.truth) {
    const path = new Path2D(bone.truth);
    pen.strokeStyle = odd ? ODD : "#fff";
    pen.lineWidth = (odd ? 2.6 : 1.4) * unit;
    pen.stroke(path);
  }
}

function drawName(pen, { text, x, y, size, odd }) {
  pen.font = `600 ${size}px system-ui, sans-serif`;
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.lineWidth = size / 4;
  pen.strokeStyle = "#000";
  pen.strokeText(text, x, y);
  pen.fillStyle = odd ? ODD : "#fff";
  pen.fillText(text, x, y);
}

async function loaded(layer) {
  const picture = layer.getElement();
  await picture.decode();
  return picture;
}
