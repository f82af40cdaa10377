import assert from "node:assert/strict";
import { elementwise } from "../../kernel/autograd/elementwise.ts";
import { defineOp, type Op } from "../../kernel/autograd/op.ts";
import { differentiate } from "../../kernel/autograd/differentiate.ts";
import {
  enableGrad,
  grad,
  gradcheck,
  gradgradcheck,
  isGradEnabled,
  noGrad,
  rand,
  tensor,
  zeros,
  type Tensor,
} from "../../kernel/gradbook.ts";
import { parse, write } from "../../kernel/tensor/formula.ts";
import { compileLoop } from "../../kernel/tensor/loop.ts";
import { filled } from "../../kernel/tensor/create.ts";

const leaf = (data: number | number[] | number[][]): Tensor => tensor(data, { dtype: "float64", requiresGrad: true });
const values = (x: Tensor | undefined): unknown => x?.toArray();

describe("backward", () => {
  it("adds up over several uses, and over several calls", () => {
    const x = leaf([1, 2]);
    x.mul(x).add(x).sum().backward();
    assert.deepEqual(values(x.grad), [3, 5]);
    x.sum().backward();
    assert.deepEqual(values(x.grad), [4, 6]);
  });

  it("gives each leaf a gradient of its own: changing one changes no other", () => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    a.add(b).sum().backward();
    a.grad!.mul_(10);
    assert.deepEqual(values(b.grad), [1, 1]);
  });

  it("undoes broadcasting and restores dtypes", () => {
    const a = tensor([[1], [2]], { requiresGrad: true });
    const b = leaf([1, 2, 3]);
    a.mul(b).sum().backward();
    assert.deepEqual(
      [a.grad!.dtype, values(a.grad), b.grad!.dtype, values(b.grad)],
      ["float32", [[6], [6]], "float64", [3, 3, 3]],
    );
  });

  it("walks a chain of 20,000 operations without a stack overflow", () => {
    const x = leaf(1);
    let y: Tensor = x;
    for (let i = 0; i < 20000; i++) y = y.add(1);
    y.backward();
    assert.equal(x.grad!.item(), 1);
  });

  it("takes a gradient for an output of several elements", () => {
    const x = leaf([1, 2]);
    x.mul(3).backward(tensor([1, 10], { dtype: "float64" }));
    assert.deepEqual(values(x.grad), [3, 30]);
  });

  it("leaves nothing recorded on the gradients, unless createGraph", () => {
    const x = leaf(2);
    x.pow(3).backward();
    assert.equal(x.grad!.requiresGrad, false);
    const y = leaf(2);
    y.pow(3).backward(undefined, { createGraph: true });
    const first = y.grad!;
    y.grad = undefined;
    first.backward();
    assert.deepEqual([first.item(), y.grad!.item()], [12, 12]);
  });
});

describe("grad", () => {
  it("returns gradients by leaves and by results in between, and adds nothing to .grad", () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    const [dy, dx] = grad(y.square().sum(), [y, x]);
    assert.deepEqual([values(dy), values(dx), x.grad], [[4, 8], [8, 16], undefined]);
  });

  it("a gradient by a result in between leaves nothing behind for the next walk", () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    const loss = y.square().sum();
    const [dy] = grad(loss, [y], { retainGraph: true });
    loss.backward();
    assert.deepEqual(
      [values(dy), values(x.grad!)],
      [
        [4, 8],
        [8, 16],
      ],
    );
  });

  it("can be differentiated again, to any order", () => {
    const x = leaf(1.5);
    let y = x.mul(2).sin().exp();
    for (let order = 0; order < 3; order++) [y] = grad(y, [x], { createGraph: true });
    // d³/dx³ e^sin(2x) = 8 e^s (c³ − 3 s c − c), s = sin 2x, c = cos 2x
    const [s, c] = [Math.sin(3), Math.cos(3)];
    assert.ok(Math.abs(y.item() - 8 * Math.exp(s) * (c ** 3 - 3 * s * c - c)) < 1e-12);
  });

  it("undefined for what the output does not depend on, if allowed", () => {
    const [a, b] = [leaf(1), leaf(2)];
    assert.deepEqual(grad(a.mul(2), [a, b], { allowUnused: true }).map(values), [2, undefined]);
  });
});

describe("noGrad", () => {
  it("records nothing inside, and recording is back after an error", () => {
    const x = leaf(1);
    assert.equal(noGrad(() => x.mul(2)).requiresGrad, false);
    assert.equal(noGrad(() => enableGrad(() => x.mul(2))).requiresGrad, true);
    assert.throws(() => noGrad(() => assert.fail("inside")));
    assert.equal(isGradEnabled(), true);
  });

  it("detach cuts the gradient and shares the memory", () => {
    const x = leaf([1, 2]);
    const y = x.detach();
    noGrad(() => y.mul_(2));
    assert.deepEqual([values(x), y.requiresGrad], [[2, 4], false]);
    x.mul(x.detach()).sum().backward();
    assert.deepEqual(values(x.grad), [2, 4]);
  });
});

/** x² with a gradient that forgets the 2. */
const wrong = elementwise({ name: "wrong", formula: "x * x", inputs: ["x"], derivatives: { x: "x" } });
/** A rule written in numbers instead of ops: its own derivative would be lost. */
const noRule: Op<undefined> = defineOp({
  name: "cube",
  forward: ([x]) => x!.pow(3).detach(),
  gradient: (g, { saved: [x] }) => [hidden([g, x!], undefined)],
  keep: (_y, [x]) => [x!],
});
const loop = compileLoop("y = 3 * g * x * x", { operands: ["y", "g", "x"], writes: ["y"] });
const hidden = defineOp({
  name: "cubeBackward",
  forward([g, x]) {
    const y = filled(x!.shape, 0, x!.dtype);
    loop(x!.shape, [y, g!, x!], []);
    return y;
  },
  gradient: () => {
    throw new Error("cubeBackward: its derivative is not defined; give one in kernel/ops/cube.ts.");
  },
});

describe("gradcheck", () => {
  it("accepts right rules", () =>
    assert.equal(
      gradcheck((x: Tensor) => x.sigmoid(), [leaf([1, -2])]),
      true,
    ));

  it("rejects a wrong rule, naming the element and both numbers", () => {
    assert.throws(
      () =>
        gradcheck(
          function square(x: Tensor) {
            return wrong([x]);
          },
          [leaf([3])],
        ),
      /gradcheck\(square\): input 0, element 0: rule says 3, finite difference says 6\.0*\d*\. Fix the gradient of square/,
    );
  });

  it("rejects a wrong rule for the second of two inputs", () => {
    const f = (a: Tensor, b: Tensor): Tensor => a.mul(wrong([b]));
    assert.throws(() => gradcheck(f, [leaf([1, 2]), leaf([1, 3])]), /input 1, element 0/);
  });

  it("rejects a missing term in a second derivative", () => {
    const product = elementwise({ name: "p", formula: "x * x * x", inputs: ["x"], derivatives: { x: "3 * y / x" } });
    gradcheck((x: Tensor) => product([x]), [leaf([2])]);
    gradgradcheck((x: Tensor) => product([x]), [leaf([2])]);
    const broken = (x: Tensor): Tensor => x.detach().mul(x).mul(x);
    assert.throws(() => gradcheck(broken, [leaf([2])]), /rule says 8, finite difference says 1[12]\./);
  });

  it("a rule whose derivative is missing fails by name, never with a silent zero", () => {
    const x = leaf([2]);
    const [first] = grad(noRule([x], undefined).sum(), [x], { createGraph: true });
    assert.equal(first.item(), 12);
    assert.throws(() => grad(first.sum(), [x]), /cubeBackward: its derivative is not defined/);
  });

  const several: [string, (x: Tensor) => Tensor | readonly Tensor[] | { readonly [name: string]: Tensor }][] = [
    ["an array", (x) => [x.mul(2), x.exp()]],
    ["values and indices, which have no gradient", (x) => ({ ...x.sort(0) })],
    ["one that depends on nothing", (x) => [zeros(2), x.mul(x).mul(x)]],
  ];
  for (const [what, f] of several) {
    it(`takes a function of several outputs: ${what}`, () => {
      assert.ok(gradcheck(f, leaf([1, -2])));
      assert.ok(gradgradcheck(f, [leaf([1, -2])]));
    });
  }
  it("finds a wrong rule or a missing term in a second output", () => {
    assert.throws(() => gradcheck((x: Tensor) => [x.exp(), wrong([x])], [leaf([3])]), /input 0, element 0/);
    const second = elementwise({ name: "p", formula: "x * x * x", inputs: ["x"], derivatives: { x: "3 * y / x" } });
    const half = (x: Tensor): Tensor[] => [x.exp(), second([x.detach()]).mul(x)];
    assert.throws(() => gradgradcheck(half, [leaf([2])]), /gradient of half by input 0.*input 0, element 0/);
  });
  const refusals: [string, () => unknown, RegExp][] = [
    ["a number", () => gradcheck(() => 3 as never, [leaf(1)]), /must return a tensor, or several in an array, got 3/],
    ["a number, second", () => gradgradcheck(() => [3] as never, [leaf(1)]), /must return a tensor.*got \[3\]/],
    ["nothing", () => (gradcheck as () => unknown)(), /gradcheck: needs a function of tensors first, got undefined/],
    ["inputs without gradient", () => gradgradcheck((x: Tensor) => x, [zeros(1)]), /no input requires a gradient/],
    [
      "no inputs",
      () => gradcheck((x: Tensor) => x, 3 as never),
      /gradcheck: the inputs must be a tensor or an array of tensors, got 3/,
    ],
    [
      "outputs without gradient",
      () => gradcheck((x: Tensor) => [x.detach()], [leaf(1)]),
      /does not depend on anything that requires/,
    ],
  ];
  for (const [what, f, message] of refusals) it(`refuses ${what} by name`, () => assert.throws(f, message));

  it("refuses float32, where a difference cannot tell a wrong rule from rounding", () => {
    assert.throws(
      () => gradcheck((x: Tensor) => x, [rand(2).requiresGrad_()]),
      /input 0 is float32; use \{ dtype: "float64" \}/,
    );
  });
});

describe("formulas", () => {
  const derivative = (text: string): string => write(differentiate(parse(text), "x"));
  const cases: [string, string][] = [
    ["3", "0"],
    ["a * x + b", "a"],
    ["x * x", "(x + x)"],
    ["x > 0 ? x : slope * x", "((x > 0) ? 1 : slope)"],
    ["exp(2 * x)", "(exp((2 * x)) * 2)"],
    ["floor(x)", "0"],
    ["-x / b", "(-1 / b)".replace("-1", "(-1)")],
  ];
  for (const [text, want] of cases) it(`d/dx ${text} = ${want}`, () => assert.equal(derivative(text), want));
  it("bind as in mathematics: -x ** 2 is -(x²), 2 ** 3 ** 2 is 2⁹", () => {
    assert.equal(write(parse("-x ** 2")), "(-(x ** 2))");
    assert.equal(write(parse("2 ** 3 ** 2 - 1 - 1")), "(((2 ** (3 ** 2)) - 1) - 1)");
  });
  for (const [text, message] of [
    ["1 +", /expected a number, a name or a bracket at the end/],
    ["x $ 2", /did not understand "\$ 2"/],
    ["(x", /expected "\)"/],
  ] as const) {
    it(`${text} is refused`, () => assert.throws(() => parse(text), message));
  }
  it("refuse names and functions that do not exist", () => {
    assert.throws(
      () => compileLoop("y = x + z", { operands: ["y", "x"], writes: ["y"] })([1], [rand(1), rand(1)], []),
      /uses "z", which is not among y, x/,
    );
    assert.throws(
      () => compileLoop("y = foo(x)", { operands: ["y", "x"], writes: ["y"] })([1], [rand(1), rand(1)], []),
      /no function "foo"/,
    );
  });
});

describe("autograd: errors name the op and what to do", () => {
  const cases: [string, () => unknown, RegExp][] = [
    [
      "no gradient wanted",
      () => rand(1).backward(),
      /backward: the \[1\] output does not depend on anything that requires a gradient\. Make a tensor with \{ requiresGrad: true \}/,
    ],
    ["inside noGrad", () => noGrad(() => leaf(1).mul(2).backward()), /Recording is off here/],
    ["several elements", () => leaf([1, 2]).mul(2).backward(), /the output has shape \[2\]; .*sum\(\) or mean\(\)/],
    [
      "a gradient of another shape",
      () => leaf([1, 2]).mul(2).backward(rand(3)),
      /the gradient must be a tensor of the output's shape \[2\], got Tensor float32 \[3\]/,
    ],
    [
      "backward twice",
      () => {
        const y = leaf(1).exp();
        y.backward();
        y.backward();
      },
      /the graph of exp was already used and freed\. .*retainGraph/,
    ],
    [
      "a saved input changed",
      () => {
        const x = leaf([1]);
        const c = tensor([2], { dtype: "float64" });
        const y = x.mul(c);
        c.add_(1);
        y.backward();
      },
      /a float64 \[1\] tensor that mul needs for its gradient was changed in place since \(1 times\)/,
    ],
    [
      "a saved result changed",
      () => {
        const y = leaf([1]).exp();
        y.add_(1);
        y.backward();
      },
      /that exp needs/,
    ],
    [
      "a saved index changed",
      () => {
        const i = tensor([0], { dtype: "int32" });
        const y = leaf([1, 2]).indexSelect(0, i);
        i.add_(1);
        y.backward();
      },
      /that indexSelect needs/,
    ],
    [
      "a leaf changed while recording",
      () => leaf([1]).add_(1),
      /add_: a leaf that requires a gradient cannot be changed in place while recording\. Wrap the change in noGrad/,
    ],
    [
      "a view of a leaf changed",
      () => leaf([1, 2]).narrow(0, 0, 1).add_(1),
      /add_: this tensor is a view of a leaf that requires a gradient, .*Wrap the change in noGrad\(\(\) => …\), or change a clone/,
    ],
    [
      "a view made by detach changed by what is recorded",
      () =>
        leaf([1, 2])
          .mul(2)
          .detach()
          .add_(leaf([1, 2])),
      /add_: this tensor is a view of another one, made by detach\(\) or inside noGrad\(\), .*Change a clone/,
    ],
    [
      "another view used after one was changed",
      () => {
        const y = leaf([1, 2]).mul(2);
        const v = y.narrow(0, 0, 1);
        y.narrow(0, 0, 1).mul_(3);
        v.mul(2);
      },
      /narrow|slice: this tensor shares its memory with one that was changed in place/,
    ],
    [
      "a saved value changed in a part",
      () => {
        const y = leaf([1, 2]).exp();
        y.narrow(0, 0, 1).mul_(3);
        y.sum().backward();
      },
      /that exp needs/,
    ],
    [
      "a view used after its base was changed",
      () => {
        const y = leaf([1, 2]).mul(2);
        const v = y.narrow(0, 0, 1);
        y.mul_(3);
        v.mul(2);
      },
      /slice: this tensor shares its memory with one that was changed in place/,
    ],
    ["an async function in noGrad", () => noGrad(async () => 1), /noGrad: the function returned a promise/],
    ["noGrad of no function", () => noGrad(5 as never), /noGrad: needs a function, got 5\. Write noGrad\(\(\) => …\)/],
    [
      "grad of nothing",
      () => (grad as () => unknown)(),
      /grad: the output must be a tensor or an array of tensors, got undefined/,
    ],
    ["grad of a number", () => grad(5 as never, [leaf(1)]), /grad: the output must be a tensor.*got 5/],
    ["grad by a number", () => grad(leaf(1).mul(2), [3] as never), /grad: the input must be a tensor.*got \[3\]/],
    [
      "a gradient that is a number",
      () => (leaf(1).grad = 5 as never),
      /grad: the gradient of this tensor must be a tensor float64 \[\], got 5/,
    ],
    [
      "a gradient of another shape",
      () => (leaf([1]).grad = zeros(2)),
      /must be a tensor float64 \[1\], got Tensor float32 \[2\]/,
    ],
    [
      "a gradient of another dtype",
      () => (leaf([1]).grad = zeros(1)),
      /must be float64 \[1\], got Tensor float32 \[1\]\. Use to\("float64"\)/,
    ],
    [
      "requiresGrad of a text",
      () => leaf(1).requiresGrad_("a" as never),
      /requiresGrad: must be true or false, got "a"/,
    ],
    ["grad by what was not asked for", () => grad(leaf(1), [rand(1)]), /grad: input 0 does not require a gradient/],
    ["grad by what is unused", () => grad(leaf(1).mul(2), [leaf(2)]), /does not depend on input 0\. .*allowUnused/],
    [
      "requiresGrad of int32",
      () => tensor([1], { dtype: "int32", requiresGrad: true }),
      /only float32 and float64 tensors have gradients, this is int32/,
    ],
    [
      "requiresGrad of a result",
      () => {
        leaf(1).mul(2).requiresGrad = false;
      },
      /this tensor is the result of mul; only leaves/,
    ],
    [
      "an unknown option",
      () => leaf(1).backward(undefined, { retain: true } as object),
      /backward: unknown option "retain"\. Options: retainGraph, createGraph\./,
    ],
  ];
  for (const [name, f, message] of cases) it(name, () => assert.throws(f, message));

  it("backward twice is fine with retainGraph", () => {
    const x = leaf(1);
    const y = x.exp();
    y.backward(undefined, { retainGraph: true });
    y.backward();
    assert.equal(x.grad!.item(), 2 * Math.E);
  });
});

describe("poll", () => {
  const HOST = Symbol.for("gradbook.host");
  const globals = globalThis as { [HOST]?: unknown };
  it("every op asks the surroundings on entry, and what they throw ends it with recording restored", () => {
    const x = leaf([1, 2]);
    const y = x.mul(2).exp().sum();
    let calls = 0;
    const before = globals[HOST];
    globals[HOST] = {
      poll: () => {
        if (++calls === 3) throw new Error("Interrupted");
      },
    };
    try {
      assert.throws(() => y.backward(), /Interrupted/);
    } finally {
      globals[HOST] = before;
    }
    assert.equal(isGradEnabled(), true);
    y.backward();
    assert.ok(x.grad !== undefined);
  });
});

describe("gradients of parts", () => {
  it("of many small parts of one tensor are added where they belong, once each, whatever else uses the tensor", () => {
    const x = tensor(
      Array.from({ length: 12 }, (_, i) => i / 3),
      { dtype: "float64", requiresGrad: true },
    );
    const y = x.square();
    const parts = [y.slice([[0, 4]]), y.slice([[2, null, 3]]), y.slice([5]), y.slice([[2, 6]])];
    const total = parts.reduce((sum, part, i) => sum.add(part.mul(i + 1).sum()), y.sum());
    const weights = [2, 2, 8, 6, 5, 10, 1, 1, 3, 1, 1, 3];
    const [recorded] = grad(total, [x], { createGraph: true });
    const [plain] = grad(total, [x]);
    assert.deepEqual(plain!.toArray(), recorded!.toArray());
    plain!.toTypedArray().forEach((value, i) => assert.ok(Math.abs(value - (2 * i * weights[i]!) / 3) < 1e-12));
  });
});
