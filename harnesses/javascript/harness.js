// gradcheck's protocol in JavaScript for Node, one file, no packages.
//
//     gradcheck external -- node harness.js            the right gradients
//     gradcheck external -- node harness.js --wrong    the wrong twins: every one has a typical mistake
//
// To check a backward pass of your own, write it below "The formulas" and name it in FORMULAS. It gets
// delta and the inputs by name, each as {shape, data} with data a Float64Array in row order, and returns
// one gradient per input, in the same form; one that is not computed may be null. Copy the rest as it is.
"use strict";

const twin = (right, wrong) => (process.argv.includes("--wrong") ? wrong : right);

// ---- The formulas ----------------------------------------------------------------------------------

const like = (array, entry) => ({ shape: array.shape, data: array.data.map((_, i) => entry(i)) });

function sum(count, term) {
  let total = 0;
  for (let i = 0; i < count; i++) total += term(i);
  return total;
}

function identity({ delta, x }) {
  return { x: twin(delta, like(x, (i) => -delta.data[i])) };
}

function wx({ delta, W, x }) {
  const [n, m] = W.shape;
  const place = (i) => [Math.floor(i / m), i % m];
  const dW = like(W, (e) => { const [i, j] = place(e); return delta.data[i] * x.data[j]; });
  return {
    W: twin(dW, { shape: [m, n], data: Float64Array.from(dW.data, (_, e) => delta.data[e % n] * x.data[Math.floor(e / n)]) }),
    x: like(x, (j) => sum(n, (i) => W.data[i * m + j] * delta.data[i])),
  };
}

function xw_batch({ delta, x, W }) {
  const [k, m] = x.shape;
  const n = W.shape[1];
  return {
    x: like(x, (e) => sum(n, (j) => delta.data[Math.floor(e / m) * n + j] * W.data[(e % m) * n + j])),
    W: like(W, (e) => sum(twin(k, 1), (r) => x.data[r * m + Math.floor(e / n)] * delta.data[r * n + (e % n)])),
  };
}

function layer({ delta, w, a, b }) {
  const [n, m] = w.shape;
  return {
    w: like(w, (e) => delta.data[Math.floor(e / m)] * a.data[e % m]),
    a: like(a, (j) => sum(n, (i) => w.data[i * m + j] * delta.data[i])),
    b: twin(delta, like(b, () => 1)),
  };
}

function sigmoid({ delta, z }) {
  const a = z.data.map((v) => 1 / (1 + Math.exp(-v)));
  return { z: like(z, (i) => delta.data[i] * twin(a[i] * (1 - a[i]), 1)) };
}

function relu({ delta, z }) {
  return { z: like(z, (i) => (twin(z.data[i] > 0, z.data[i] < 0) ? delta.data[i] : 0)) };
}

function tanh({ delta, z }) {
  const a = z.data.map(Math.tanh);
  const b = twin(a, a.map(Math.tanh));
  return { z: like(z, (i) => delta.data[i] * (1 - b[i] * b[i])) };
}

function mse({ delta, s, y }) {
  const count = twin(s.data.length, 1);
  return { s: like(s, (i) => (delta.data[0] * 2 * (s.data[i] - y.data[i])) / count), y: null };
}

function softmax_cross_entropy({ delta, s, y }) {
  const largest = s.data.reduce((a, b) => Math.max(a, b), -Infinity);
  const powers = s.data.map((v) => Math.exp(v - largest));
  const total = sum(powers.length, (i) => powers[i]);
  const difference = (i) => powers[i] / total - y.data[i];
  return { s: like(s, (i) => delta.data[0] * twin(difference(i), -difference(i))), y: null };
}

const FORMULAS = { identity, wx, xw_batch, layer, sigmoid, relu, tanh, mse, softmax_cross_entropy };

// ---- Arrays: base64 of little-endian numbers, row by row ---------------------------------------------

function decode(array) {
  const integers = array.dtype === "<i8"; // labels, indices
  if (!integers && array.dtype !== "<f8") throw new Error(`the dtype ${array.dtype} is not known`);
  const bytes = Buffer.from(array.b64, "base64");
  const count = array.shape.reduce((a, b) => a * b, 1);
  if (bytes.length !== 8 * count) throw new Error(`b64 has ${bytes.length} bytes, expected ${8 * count}`);
  const data = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    data[i] = integers ? Number(bytes.readBigInt64LE(8 * i)) : bytes.readDoubleLE(8 * i);
  }
  return { shape: array.shape, data };
}

function encode(array) {
  const bytes = Buffer.alloc(8 * array.data.length);
  array.data.forEach((value, i) => bytes.writeDoubleLE(value, 8 * i));
  return { dtype: "<f8", shape: array.shape, b64: bytes.toString("base64") };
}

// ---- The conversation --------------------------------------------------------------------------------

function run({ formula, inputs, delta }) {
  const given = { delta: decode(delta) };
  for (const [name, array] of Object.entries(inputs)) given[name] = decode(array);
  const gradients = {};
  for (const [name, array] of Object.entries(FORMULAS[formula](given))) {
    gradients[name] = array === null ? null : encode(array);
  }
  return gradients;
}

function answer(message) {
  if (message.cmd === "start") {
    return {
      version: 1,
      implementation: { name: "harness.js", language: "JavaScript" },
      capabilities: { formulas: Object.keys(FORMULAS), dtypes: ["<f8"] },
    };
  }
  const { seq } = message;
  if (!Object.hasOwn(FORMULAS, message.case.formula)) {
    return { seq, skipped: true, message: "this program does not know the formula" };
  }
  try {
    return { seq, gradients: run(message.case) };
  } catch (error) {
    return { seq, errored: true, message: String(error) };
  }
}

console.log = console.error; // standard output is for answers alone

require("node:readline")
  .createInterface({ input: process.stdin, crlfDelay: Infinity })
  .on("line", (line) => {
    const message = JSON.parse(line);
    if (message.cmd === "stop") process.exit(0);
    process.stdout.write(`${JSON.stringify(answer(message))}\n`);
  });
