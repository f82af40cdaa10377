import assert from "node:assert/strict";
import { anomaly, checkBackward, checkedRule, checkForward } from "../../kernel/autograd/anomaly.ts";
import { autograd, detectAnomaly, isAnomalyEnabled, setDetectAnomaly, tensor } from "../../kernel/gradbook.ts";

/** What the worker does after it ended a computation from outside. */
function recover(): void {
  const registered = globalThis as { [key: symbol]: unknown };
  for (const f of registered[Symbol.for("gradbook.recovery")] as (() => void)[]) f();
}

describe("NaN is found where it comes from", () => {
  const fine = tensor([1, Infinity]);
  const bad = tensor([
    [1, 2],
    [3, NaN],
  ]);
  afterEach(() => setDetectAnomaly(false));

  const cases: [string, () => void, RegExp | undefined][] = [
    ["a result without NaN passes, also an infinite one", () => checkForward("log", fine, [fine]), undefined],
    ["a result that is not floating passes", () => checkForward("eq", bad.isnan(), [bad]), undefined],
    [
      "a result with NaN names the op, the place and the inputs",
      () => checkForward("log", bad, [tensor([-1])]),
      /^AutogradError: log: the result holds NaN, first at \[1, 1\] of \[2, 2\] \(inputs: float32 \[1\]\)\. No input holds one: log made it/,
    ],
    [
      "NaN that came in is said to have come in",
      () => checkForward("add", bad, [fine, bad]),
      /add: the result holds NaN.*Input 1 holds NaN already: look at the data/,
    ],
    ["gradients without NaN pass", () => checkBackward("sqrt", [undefined, fine]), undefined],
    [
      "a gradient with NaN names the op and the input",
      () => checkBackward("sqrt", [undefined, bad]),
      /^AutogradError: backward: the gradient of sqrt by its input 1 holds NaN, first at \[1, 1\] of \[2, 2\]\. Look for 0 · ∞/,
    ],
    ["a view is looked at as it is", () => checkForward("select", bad.select(0, 0)), undefined],
    [
      "detectAnomaly without a function",
      () => detectAnomaly(true as unknown as () => void),
      /detectAnomaly: needs a function to run, got true\. .*setDetectAnomaly\(true\)/,
    ],
    [
      "a promise inside detectAnomaly",
      () => void detectAnomaly(() => Promise.resolve()),
      /detectAnomaly: the function returned a promise/,
    ],
    [
      "setDetectAnomaly of something else",
      () => setDetectAnomaly(1 as unknown as boolean),
      /setDetectAnomaly: needs true or false, got 1/,
    ],
  ];
  for (const [name, f, message] of cases) {
    it(name, () => {
      if (message === undefined) f();
      else assert.throws(f, (e: Error) => message.test(String(e)) || assert.fail(String(e)));
    });
  }

  it("the cause of an error in backward is the call in the forward pass", () => {
    const node = {};
    (function whereItWasCalled() {
      checkForward("sqrt", fine, [fine], node);
    })();
    assert.throws(
      () => checkBackward("sqrt", [bad], node),
      (e: Error) => /sqrt was called here[^]*whereItWasCalled/.test((e.cause as Error).stack!),
    );
  });

  it("inside a gradient rule the gradient is blamed, not the ops it is made of", () => {
    const rule = (): [typeof bad] => {
      checkForward("mul", bad, [bad]);
      return [bad];
    };
    assert.throws(() => checkedRule("sqrt", rule), /backward: the gradient of sqrt by its input 0/);
    assert.throws(() => checkForward("mul", bad, [bad]), /mul: the result holds NaN/);
    assert.deepEqual(
      checkedRule("sqrt", () => [fine]),
      [fine],
    );
  });

  it("it is on inside detectAnomaly only, also after an error, and for good after setDetectAnomaly", () => {
    assert.equal(detectAnomaly(isAnomalyEnabled), true);
    assert.throws(() =>
      detectAnomaly(() => {
        throw new Error("stop");
      }),
    );
    assert.equal(isAnomalyEnabled(), false);
    autograd.setDetectAnomaly(true);
    assert.deepEqual([anomaly.enabled, isAnomalyEnabled()], [true, true]);
  });

  it("an interrupt inside detectAnomaly leaves it as it was set", () => {
    detectAnomaly(() => {
      recover();
      assert.equal(anomaly.enabled, false);
    });
    setDetectAnomaly(true);
    recover();
    assert.equal(anomaly.enabled, true);
  });
});
