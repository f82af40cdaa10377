/**
 * TensorFlow.js' side of the benchmark, on its WebAssembly backend: the same requests and works as `pytorch.py`. Its only
 * argument is the folder in whose node_modules it is installed.
 */
import { createRequire } from "node:module";
import path from "node:path";
import { serve } from "./serve.ts";

// What it says about itself goes to standard error: answers alone are on standard output.
console.log = console.info = console.warn = console.error;

const require = createRequire(path.resolve(process.argv[2], "package.json"));
// Named in parts: these are no packages of ours, and nobody shall ask for them in package.json.
const packageOf = (name) => `@tensorflow/${name}`;
const tf = require(packageOf("tfjs"));
const wasm = require(packageOf("tfjs-backend-wasm"));
wasm.setWasmPaths(`${path.dirname(require.resolve(packageOf("tfjs-backend-wasm")))}/`);
await tf.setBackend("wasm");
await tf.ready();

const random = (...shape) => tf.randomUniform(shape, 0, 1);
const labels = (n) => tf.range(0, n, 1, "int32").mod(tf.scalar(10, "int32"));
/** Weights as a layer of so many inputs begins with. */
const weights = (shape, inputs) => tf.variable(tf.randomUniform(shape, -1 / Math.sqrt(inputs), 1 / Math.sqrt(inputs)));
const linear = (inputs, outputs) => {
  const w = weights([inputs, outputs], inputs);
  const b = weights([outputs], inputs);
  return (x) => tf.add(tf.matMul(x, w), b);
};
const conv = (inputs, outputs, size, padding) => {
  const w = weights([size, size, inputs, outputs], inputs * size * size);
  const b = weights([outputs], inputs * size * size);
  return (x) => tf.add(tf.conv2d(x, w, 1, padding), b);
};
const pool = (x) => tf.maxPool(x, 2, 2, "valid");

function product(n) {
  const [a, b] = [random(n, n), random(n, n)];
  return { run: () => tf.matMul(a, b).dispose(), batch: n <= 64 ? 20 : 1 };
}

function tiny() {
  const x = random(100, 2);
  const y = random(100, 1).greater(0.5).toFloat();
  const [layer1, layer2] = [linear(2, 4), linear(4, 1)];
  const optimizer = tf.train.adam(0.01);
  const loss = () => tf.losses.sigmoidCrossEntropy(y, layer2(tf.tanh(layer1(x))));
  return { run: () => void optimizer.minimize(loss), batch: 10 };
}

function classifier(x, classes, model, y = tf.oneHot(labels(x.shape[0]), classes).toFloat()) {
  const optimizer = tf.train.adam(0.001);
  const loss = () => tf.losses.softmaxCrossEntropy(y, model(x));
  return { run: () => void optimizer.minimize(loss) };
}

function mlp() {
  const [layer1, layer2] = [linear(784, 128), linear(128, 10)];
  return classifier(random(64, 784), 10, (x) => layer2(tf.relu(layer1(x))));
}

function lenet() {
  const [conv1, conv2, head] = [conv(1, 8, 5, "valid"), conv(8, 16, 5, "valid"), linear(256, 10)];
  const features = (x) => pool(tf.relu(conv2(pool(tf.relu(conv1(x))))));
  return classifier(random(64, 28, 28, 1), 10, (x) => head(tf.reshape(features(x), [64, 256])));
}

function cifar() {
  const convs = [conv(3, 32, 3, "same"), conv(32, 32, 3, "same"), conv(32, 64, 3, "same"), conv(64, 64, 3, "same")];
  const [layer1, head] = [linear(4096, 128), linear(128, 10)];
  const block = (x, [first, second]) => pool(tf.relu(second(tf.relu(first(x)))));
  const features = (x) => block(block(x, convs.slice(0, 2)), convs.slice(2));
  return classifier(random(64, 32, 32, 3), 10, (x) => head(tf.relu(layer1(tf.reshape(features(x), [64, 4096])))));
}

/** Random characters [batch · time, 65], one-hot. */
const characters = (batch, time) => tf.oneHot(tf.randomUniform([batch * time], 0, 65, "int32"), 65).toFloat();
/** An embedding as a product with one-hot rows: the backend has no kernel for the gradient of a look-up. */
const embed = (x, table, batch, time) => tf.reshape(tf.matMul(x, table), [batch, time, -1]);

function charLstm() {
  const [x, y] = [characters(32, 64), characters(32, 64)];
  const table = tf.variable(tf.randomNormal([65, 128]));
  const lstm = tf.layers.lstm({ units: 128, recurrentActivation: "sigmoid", returnSequences: true });
  const head = linear(128, 65);
  const model = () => head(tf.reshape(lstm.apply(embed(x, table, 32, 64), { training: true }), [-1, 128]));
  const optimizer = tf.train.adam(0.001);
  const loss = () => tf.losses.softmaxCrossEntropy(y, model());
  const run = () =>
    tf.tidy(() => {
      const { grads } = tf.variableGrads(loss);
      const norm = tf.sqrt(tf.addN(Object.values(grads).map((g) => tf.sum(tf.square(g)))));
      const scale = tf.minimum(1, tf.div(5, tf.add(norm, 1e-6)));
      optimizer.applyGradients(Object.fromEntries(Object.entries(grads).map(([name, g]) => [name, tf.mul(g, scale)])));
    });
  return { run };
}

const [WIDTH, HEADS, BATCH, TIME] = [128, 4, 16, 64];

function layerNorm() {
  const [gain, bias] = [tf.variable(tf.ones([WIDTH])), tf.variable(tf.zeros([WIDTH]))];
  return (x) => {
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.add(tf.mul(tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-5))), gain), bias);
  };
}

const gelu = (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));

/** Rows [batch · time, width] in and out: tfjs multiplies a tensor of three dimensions by a matrix only in a batch. */
function block(mask) {
  const [norm1, norm2] = [layerNorm(), layerNorm()];
  const qkv = linear(WIDTH, 3 * WIDTH);
  const [projection, up, down] = [linear(WIDTH, WIDTH), linear(WIDTH, 4 * WIDTH), linear(4 * WIDTH, WIDTH)];
  const heads = (z) => tf.transpose(tf.reshape(z, [BATCH, TIME, HEADS, WIDTH / HEADS]), [0, 2, 1, 3]);
  return (x) => {
    const [q, k, v] = tf.split(qkv(norm1(x)), 3, 1).map(heads);
    const scores = tf.div(tf.matMul(q, k, false, true), Math.sqrt(WIDTH / HEADS));
    const mixed = tf.matMul(tf.softmax(tf.add(scores, mask), -1), v);
    const y = tf.add(x, projection(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [BATCH * TIME, WIDTH])));
    return tf.add(y, down(gelu(up(norm2(y)))));
  };
}

function gpt() {
  const [x, y] = [characters(BATCH, TIME), characters(BATCH, TIME)];
  const tokens = tf.variable(tf.randomNormal([65, WIDTH]));
  const positions = tf.variable(tf.randomNormal([TIME, WIDTH]));
  const later = Float32Array.from({ length: TIME * TIME }, (_, i) => (i % TIME > Math.floor(i / TIME) ? -1e9 : 0));
  const blocks = [block(tf.tensor(later, [TIME, TIME])), block(tf.tensor(later, [TIME, TIME]))];
  const [norm, head] = [layerNorm(), linear(WIDTH, 65)];
  const model = (characters) => {
    const embedded = tf.reshape(tf.add(embed(characters, tokens, BATCH, TIME), positions), [BATCH * TIME, WIDTH]);
    return head(norm(blocks.reduce((h, layer) => layer(h), embedded)));
  };
  return classifier(x, 65, model, y);
}

function adam() {
  const parameter = tf.variable(tf.zeros([10_000_000]), true, "parameter");
  const gradient = tf.sub(random(10_000_000), 0.5);
  const optimizer = tf.train.adam(0.001);
  return { run: () => void optimizer.applyGradients({ parameter: gradient }) };
}

function smallAdd() {
  const [a, b] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])];
  return { run: () => tf.add(a, b).dispose(), batch: 100 };
}

function chain() {
  const [a, b] = [tf.tensor1d([1, 2]), tf.tensor1d([3, 4])];
  const gradient = tf.grad((x) => {
    let y = x;
    for (let i = 0; i < 20; i++) y = tf.mul(y, b);
    return y.sum();
  });
  return { run: () => gradient(a).dispose(), batch: 5 };
}

const works = {
  matmul64: () => product(64),
  matmul256: () => product(256),
  matmul512: () => product(512),
  matmul1024: () => product(1024),
  tiny,
  mlp,
  lenet,
  cifar,
  charLstm,
  gpt,
  adam,
  add: smallAdd,
  chain,
};

serve({
  about: async () => ({
    name: "tfjs-wasm",
    version: tf.version.tfjs,
    simd: await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT"),
  }),
  make(work) {
    tf.engine().startScope();
    return { drop: () => (tf.disposeVariables(), tf.engine().endScope()), ...works[work]() };
  },
});
