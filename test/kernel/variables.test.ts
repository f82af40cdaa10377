/** The list of variables: every kind of value, hostile ones too, and none of their code is run. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { nn, optim, tensor, zeros } from "../../kernel/gradbook.ts";
import type { VariableDetails, VariableList, VariableNode } from "../../kernel/protocol/variables.ts";
import { variableAnswers, type Known } from "../../kernel/session/variables/answers.ts";

function session(values: { [name: string]: unknown }) {
  const get = (name: string): Known | undefined =>
    Object.hasOwn(values, name)
      ? { name, kind: "const", constant: true, value: values[name], cell: 1, order: 1 }
      : undefined;
  const ask = variableAnswers({ all: () => Object.keys(values).map((name) => get(name)!), get, memory: () => [] });
  return {
    list: () => ask({ method: "list", params: {} }) as VariableList,
    children: (...path: string[]) => ask({ method: "children", params: { path } }) as VariableNode[],
    details: (...path: string[]) => ask({ method: "details", params: { path } }) as VariableDetails,
    text: (...path: string[]) => ask({ method: "text", params: { path } }) as string,
  };
}
const nodeOf = (value: unknown): VariableNode => session({ x: value }).list().variables[0]!;

class Point {
  x = 1;
  y = "two";
  get far(): number {
    throw new Error("a getter was run");
  }
  walk(): void {}
}
class Net extends nn.Module {
  layer = new nn.Linear(2, 3);
  body = new nn.Sequential(new nn.Linear(3, 4), new nn.ReLU());
  forward(): void {}
}
function circular(): object {
  const a: { self?: object; list: object[] } = { list: [] };
  a.self = a;
  a.list.push(a);
  return a;
}
const rejected = Promise.reject(new Error("no"));
rejected.catch(() => {});
const sparse: unknown[] = [1];
sparse[3] = 4;

describe("variables", () => {
  describe("one line", () => {
    // [value, its line, type, kind]
    const rows: [unknown, string, string, string][] = [
      [undefined, "undefined", "undefined", "nothing"],
      [null, "null", "null", "nothing"],
      [true, "true", "boolean", "boolean"],
      [-0, "-0", "number", "number"],
      [0.1 + 0.2, "0.30000000000000004", "number", "number"],
      [12n, "12n", "bigint", "number"],
      ['say "hi"\n', '"say \\"hi\\"\\n"', "string", "string"],
      ["a".repeat(300), `"${"a".repeat(100)}…"`, "string", "string"],
      [Symbol("s"), "Symbol(s)", "symbol", "symbol"],
      [[1, "two", { three: 3 }, [4]], '(4) [1, "two", {three: 3}, (1) [4]]', "Array", "array"],
      [[[[[1]]]], "(1) [(1) [(1) […]]]", "Array", "array"],
      [sparse, "(4) [1, empty, empty, 4]", "Array", "array"],
      [new (class Row extends Array {})(), "Row(0) []", "Row", "array"],
      [{ a: 1, "b c": 2, [Symbol("s")]: 3 }, '{a: 1, "b c": 2}', "Object", "object"],
      [Object.create(null), "{}", "Object", "object"],
      [new Point(), 'Point {x: 1, y: "two"}', "Point", "object"],
      [new Map<unknown, unknown>([["a", 1]]).set({}, 2), 'Map(2) {"a" => 1, {} => 2}', "Map", "map"],
      [new Set([1, 2]), "Set(2) {1, 2}", "Set", "map"],
      [new WeakMap(), "WeakMap {…}", "WeakMap", "map"],
      [new Float32Array([0.1, 2]), "Float32Array(2) [0.1, 2]", "Float32Array", "array"],
      [Buffer.from("hi"), "Buffer(2) [104, 105]", "Buffer", "array"],
      [new ArrayBuffer(16), "ArrayBuffer(16)", "ArrayBuffer", "array"],
      [new Date(0), "1970-01-01T00:00:00.000Z", "Date", "date"],
      [new Date(NaN), "Invalid Date", "Date", "date"],
      [/a+/gi, "/a+/gi", "RegExp", "string"],
      [new TypeError("bad"), "TypeError: bad", "TypeError", "error"],
      [new Promise(() => {}), "Promise {pending}", "Promise", "promise"],
      [Promise.resolve(5), "Promise {fulfilled: 5}", "Promise", "promise"],
      [rejected, "Promise {rejected: Error: no}", "Promise", "promise"],
      [Object(1), "Number {1}", "Number", "object"],
      [Point, "class Point", "class", "class"],
      [Net, "class Net extends Module", "class", "class"],
      [(a: number, b = 2) => a + b, "ƒ (a, b = 2)", "Function", "function"],
      [async (x: unknown) => x, "async ƒ (x)", "AsyncFunction", "function"],
      [
        function* steps(from: number) {
          yield from;
        },
        "ƒ* steps(from)",
        "GeneratorFunction",
        "function",
      ],
      [Point.prototype.walk, "ƒ walk()", "Function", "function"],
      [Math.max, "ƒ max()", "Function", "function"],
      [new Proxy({}, {}), "Proxy", "Proxy", "proxy"],
      [circular(), "{list: (1) [{…}], self: {list: (1) […], self: {…}}}", "Object", "object"],
      [Object.defineProperties({}, { a: { get: () => 1, enumerable: true } }), "module {a}", "module", "namespace"],
      [zeros(64, 784), "float32 [64, 784]", "Tensor", "tensor"],
      [tensor(0.5), "float32 [] 0.5", "Tensor", "tensor"],
      [tensor([true, false]), "bool [2] true, false", "Tensor", "tensor"],
      [new nn.Parameter(zeros(3, 2)), "float32 [3, 2]", "Parameter", "tensor"],
      [new Net(), "Net (25 parameters)", "Net", "module"],
      [new optim.SGD([zeros(2)], { lr: 0.1 }), "SGD (lr 0.1; 2 parameters)", "SGD", "optimizer"],
    ];
    for (const [value, line, type, kind] of rows) {
      it(line.slice(0, 60), () => {
        const node = nodeOf(value);
        assert.deepEqual([node.value, node.type, node.kind], [line, type, kind]);
      });
    }
  });

  describe("inside", () => {
    const rows: [string, unknown, string[]][] = [
      ["of an array: its elements", [1, [2]], ["[0]: 1", "[1]: (1) [2]"]],
      ["of an object: its properties, symbols too", { a: 1, [Symbol("s")]: 2 }, ["a: 1", "[Symbol(s)]: 2"]],
      ["of an instance: its fields; getters are not run", new Point(), ["x: 1", 'y: "two"', "far: (…)"]],
      ["of a map: entries by their keys", new Map([["a", 1]]), ['"a": 1']],
      ["of a map with objects as keys: pairs", new Map([[{ k: 1 }, 2]]), ["[0]: {k: 1} => 2"]],
      ["of a set: its values", new Set(["v"]), ['[0]: "v"']],
      ["of a typed array: its numbers", new Int8Array([1, -1]), ["[0]: 1", "[1]: -1"]],
      ["of an error: what it carries", new Error("e", { cause: 7 }), ['message: "e"', "cause: 7"]],
      ["of a tensor: its rows", tensor([[1, 2], [3, 4]]), ["[0]: float32 [2] 1, 2", "[1]: float32 [2] 3, 4"]], // prettier-ignore
      ["of a vector: its numbers", tensor([1, 2]), ["[0]: 1", "[1]: 2"]],
      [
        "of a module: layers, parameters and fields",
        new nn.Linear(2, 3),
        ["training: true", "inFeatures: 2", "outFeatures: 3", "weight: float32 [3, 2]", "bias: float32 [3]"],
      ],
      [
        "of a row of modules: the modules first",
        new nn.Sequential(new nn.Linear(1, 1), new nn.ReLU()),
        ["0: Linear (2 parameters)", "1: ReLU (0 parameters)", "training: true"],
      ],
      ["of a proxy: nothing", new Proxy({ a: 1 }, {}), []],
    ];
    for (const [name, value, want] of rows) {
      it(name, () => {
        const got = session({ x: value })
          .children("x")
          .map((node) => `${node.name}: ${node.value}`);
        // Of a tensor the numbers of its values matter, not how they are spelled.
        assert.deepEqual(
          got.map((line) => line.replace(/(float32 \[3\]) .*/, "$1")),
          want,
        );
      });
    }

    it("ten million elements come in parts of at most a hundred, each of which leads on", () => {
      const { children } = session({ x: new Array(10_000_000).fill(7) });
      const path = ["x"];
      let nodes = children(...path);
      for (let level = 0; level < 3; level++) {
        assert.ok(nodes.length <= 100);
        path.push(nodes.at(-1)!.key);
        nodes = children(...path);
      }
      assert.deepEqual([nodes.length, nodes.at(-1)!.name, nodes.at(-1)!.value], [100, "[9999999]", "7"]);
    });

    it("a path through parts, maps, tensors and modules finds what it names, and says when it is gone", () => {
      const values = { x: { map: new Map([[{}, new Net()]]) } as object };
      const { children, details } = session(values);
      const path = ["x"];
      for (const name of ["map", "[0]", "value", "body", "0", "weight", "[1]"]) {
        path.push(children(...path).find((node) => node.name === name)!.key);
      }
      assert.equal(details(...path).type, "Tensor");
      values.x = {};
      assert.throws(() => details(...path), /is there no more/);
    });

    it("code reaches a node by what it says", () => {
      const x = { "a b": [new Map([["k", tensor([[5]])]])] };
      let expression = "x";
      const path = ["x"];
      for (const name of ['"a b"', "[0]", '"k"', "[0]", "[0]"]) {
        const node = session({ x })
          .children(...path)
          .find((each) => each.name === name)!;
        path.push(node.key);
        expression += node.access ?? assert.fail(name);
      }
      assert.equal(expression, 'x["a b"][0].get("k")!.select(0, 0).select(0, 0)');
    });
  });

  describe("more about one", () => {
    it("a tensor: what it is, and statistics of its elements", () => {
      const weight = new nn.Parameter(tensor([[1, NaN], [3, 5]])); // prettier-ignore
      const { facts, statistics } = session({ weight }).details("weight");
      assert.deepEqual(facts, [
        ["shape", "[2, 2]"],
        ["dtype", "float32"],
        ["requiresGrad", "true (leaf)"],
        ["grad", "none"],
        ["memory", "16 bytes"],
      ]);
      assert.deepEqual([statistics!.min, statistics!.max, statistics!.mean, statistics!.nan], [1, 5, 3, 1]);
    });
    it("the whole as text", () => {
      const { text } = session({ s: "a\nb", t: tensor([1, 2]), list: Array.from({ length: 30 }, (_, i) => i) });
      assert.equal(text("s"), "a\nb");
      assert.equal(text("t"), "tensor([1., 2.], shape=[2])");
      assert.match(text("list"), /28, 29\]$/);
    });
    it("looking at the gradient does not make it the user's", () => {
      const weight = new nn.Parameter(tensor([1]));
      weight.mul(2).sum().backward();
      session({ weight }).children("weight");
      assert.ok(weight.gradientIsOurs);
    });
  });

  describe("hostile values", () => {
    let ran: string[] = [];
    const trap = (name: string) => () => {
      ran.push(name);
      throw new Error(name);
    };
    const traps = Object.fromEntries(Object.getOwnPropertyNames(Reflect).map((name) => [name, trap(name)]));
    const proxy = (target: object = {}): object => new Proxy(target, traps as ProxyHandler<object>);
    const revoked = Proxy.revocable([], {});
    revoked.revoke();
    class Tagged {
      static get name(): string {
        return trap("static name")();
      }
      get [Symbol.toStringTag](): string {
        return trap("toStringTag")();
      }
      get [Symbol.for("nodejs.util.inspect.custom")](): string {
        return trap("inspect")();
      }
      get [Symbol.for("Jupyter.display")](): string {
        return trap("display")();
      }
      static [Symbol.hasInstance](): boolean {
        return trap("hasInstance")();
      }
      toString = trap("toString");
      valueOf = trap("valueOf");
      toJSON = trap("toJSON");
      then = trap("then");
      [Symbol.iterator] = trap("iterator");
    }
    class Odd extends Map {
      override get size(): number {
        return trap("size")();
      }
      override entries = trap("entries") as never;
      static override get [Symbol.species](): never {
        return trap("species")();
      }
    }
    class OddPromise extends Promise<unknown> {
      override then = trap("then") as never;
    }
    class Sly extends nn.Module {
      override forward(): void {}
      override namedChildren = trap("namedChildren") as never;
      override get stateNames(): never {
        return trap("stateNames")();
      }
      inner = proxy();
    }
    const error = new Error("e");
    Object.defineProperty(error, "message", { get: trap("message") });
    Object.defineProperty(error, "stack", { get: trap("stack") });
    const regExp = /a/;
    Object.defineProperty(regExp, "global", { get: trap("global") });
    const list = [1, 2];
    Object.defineProperty(list, 0, { get: trap("element") });
    const rows: [string, () => unknown][] = [
      ["a proxy", () => proxy()],
      ["a proxy of a function", () => proxy(() => {})],
      ["a revoked proxy", () => revoked.proxy],
      ["an object that inherits from a proxy", () => Object.create(proxy())],
      ["an object that holds proxies", () => ({ a: proxy(), b: [proxy()], c: new Map([[proxy(), proxy()]]) })],
      ["a class whose everything throws", () => new Tagged()],
      ["that class", () => Tagged],
      ["a map whose size and entries throw", () => Reflect.construct(Odd, [[[1, 2]]]) as object],
      ["a promise whose then throws", () => new OddPromise(() => {})],
      ["a promise of an object whose everything throws", () => Promise.resolve([new Tagged()])],
      ["an error whose message and stack are getters", () => error],
      ["a regular expression whose flags are getters", () => regExp],
      ["an array with a getter as an element", () => list],
      ["an object made of the prototype of a tensor", () => Object.create(Object.getPrototypeOf(zeros(1)))],
      ["an object made of the prototype of a map", () => Object.create(Map.prototype)],
      ["a module that overrides what the library calls", () => new Sly()],
      ["an object whose constructor is a proxy", () => ({ constructor: proxy(class {} as object) })],
      ["globalThis", () => globalThis],
    ];
    for (const [name, make] of rows) {
      it(`${name}: nothing of it runs`, () => {
        const { list: variables, children, details, text } = session({ x: make() });
        ran = [];
        assert.ok(variables().variables[0]!.value.length < 1000);
        const { value } = details("x");
        assert.ok(value.length < 3000 && text("x").length < 100_000);
        for (const { key } of children("x")) children("x", key);
        assert.deepEqual(ran, []);
      });
    }

    it("what a cell puts in the place of the language's own functions is not called", () => {
      const value = new Map([["a", new Set([1])]]);
      const { next } = Object.getPrototypeOf(new Map().entries()) as { next: unknown };
      const saved = [Map.prototype.entries, Set.prototype.values, JSON.stringify] as const;
      ran = [];
      Map.prototype.entries = trap("Map entries") as never;
      Set.prototype.values = trap("Set values") as never;
      JSON.stringify = trap("stringify") as never;
      Object.getPrototypeOf(saved[0].call(new Map())).next = trap("next");
      let got: VariableNode;
      try {
        got = nodeOf(value);
      } finally {
        [Map.prototype.entries, Set.prototype.values, JSON.stringify] = saved;
        Object.getPrototypeOf(new Map().entries()).next = next;
      }
      assert.deepEqual([got.value, ran], ['Map(1) {"a" => Set(1) {1}}', []]);
    });
  });

  describe("bounds", () => {
    it("any graph of objects is listed, shortly, to any depth that one looks", () => {
      const anything = fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withNullPrototype: true,
        withTypedArray: true,
        withObjectString: true,
        withSparseArray: true,
        withBoxedValues: true,
      });
      fc.assert(
        fc.property(fc.array(anything, { maxLength: 4 }), (values) => {
          // And circular: each holds all.
          for (const value of values) {
            if (typeof value === "object" && value !== null && Object.isExtensible(value)) {
              try {
                (value as { all?: unknown }).all = values;
              } catch {
                // Some boxes refuse.
              }
            }
          }
          const { list, children, details, text } = session({ values });
          assert.ok(list().variables[0]!.value.length < 600);
          assert.ok(text("values").length < 200_000);
          const visit = (path: string[], depth: number): void => {
            for (const node of children(...path).slice(0, 5)) {
              assert.ok(node.value.length < 600 && node.name.length < 100, JSON.stringify(node));
              if (node.kind !== "getter" && node.kind !== "part") details(...path, node.key);
              if (node.expandable && depth > 0) visit([...path, node.key], depth - 1);
            }
          };
          visit(["values"], 4);
        }),
        { numRuns: 200 },
      );
    });

    it("of more than 10,000 variables the first 10,000 are sent, and how many there are", () => {
      const many = Object.fromEntries(Array.from({ length: 10_500 }, (_, i) => [`v${i}`, { i }]));
      const { variables, total } = session(many).list();
      assert.deepEqual([variables.length, total], [10_000, 10_500]);
      // After its time a list says no more than what each thing is.
      assert.ok(variables.every(({ value }) => /^\{(i: \d+|…)\}$/.test(value)));
    });

    it("a deep nest and a long chain of prototypes do no harm", () => {
      let deep: object = {};
      let chain: object = {};
      for (let i = 0; i < 10_000; i++) [deep, chain] = [{ deep }, Object.create(chain) as object];
      assert.equal(nodeOf(deep).value, "{deep: {deep: {…}}}");
      assert.equal(nodeOf(chain).kind, "object");
    });
  });
});
