/** Widgets in a real kernel: what their options may be, what they tell to whom, and how they are shown. */
import assert from "node:assert/strict";
import type { Message } from "../../kernel/protocol/messages.ts";
import { KernelUnderTest } from "./kernelUnderTest.ts";

type Json = { [key: string]: unknown };

describe("widgets", function () {
  this.timeout(60_000);
  let kernel: KernelUnderTest;
  before(async () => void (kernel = await KernelUnderTest.started()));
  after(() => kernel.stop());

  /** Makes a widget, known as `w` to later cells; returns its id and the state of its model. */
  async function make(code: string): Promise<{ comm_id: string; state: Json }> {
    const { reply, publications } = await kernel.run(`var w = ${code}; void 0`);
    assert.equal(reply.status, "ok", JSON.stringify(reply));
    const opened = publications.filter(({ header }) => header.msg_type === "comm_open").at(-1)!;
    return { comm_id: opened.content["comm_id"] as string, state: (opened.content["data"] as { state: Json }).state };
  }
  const update = (comm_id: string, state: object): Promise<Message[]> =>
    kernel.comm("comm_msg", { comm_id, data: { method: "update", state, buffer_paths: [] } });
  const click = (comm_id: string): Promise<Message[]> =>
    kernel.comm("comm_msg", { comm_id, data: { method: "custom", content: { event: "click" } } });
  const told = (messages: readonly Message[]): unknown[] =>
    messages
      .filter(({ header }) => header.msg_type === "comm_msg")
      .map(({ content }) => {
        const { method, state } = content["data"] as { method: string; state: Json };
        return [method, state];
      });
  const printed = (messages: readonly Message[]): string =>
    messages.map(({ content }) => content["text"] ?? "").join("");

  describe("a slider's state follows its options", () => {
    const table: [options: string, state: Json][] = [
      ["{}", { _model_name: "FloatSliderModel", min: 0, max: 1, step: 0.01, value: 0.5, readout_format: ".2f" }],
      ["{ min: 1, max: 10 }", { _model_name: "IntSliderModel", min: 1, max: 10, step: 1, value: 6 }],
      ["{ min: 0, max: 10, step: 0.5 }", { _model_name: "FloatSliderModel", step: 0.5, readout_format: ".1f" }],
      ["{ min: 0, max: 10, value: 2.5 }", { _model_name: "FloatSliderModel", step: 0.1, value: 2.5 }],
      ["{ min: -3, max: 3, value: 0, label: 'x' }", { _model_name: "IntSliderModel", value: 0, description: "x" }],
      ["{ min: 0.2, max: 0.7 }", { step: 0.005, value: 0.45 }],
      [
        "{ min: 1e-4, max: 1, log: true }",
        { _model_name: "FloatLogSliderModel", min: -4, max: 0, base: 10, step: 0.02, value: 0.01 },
      ],
      ["{ min: 1e-3, max: 1e-1, log: true, step: 1, value: 0.1 }", { min: -3, max: -1, step: 1, value: 0.1 }],
      ["{ disabled: true }", { disabled: true }],
    ];
    for (const [options, wanted] of table) {
      it(options, async () => {
        const { state } = await make(`widget.slider(${options})`);
        assert.deepEqual(Object.fromEntries(Object.keys(wanted).map((name) => [name, state[name]])), wanted);
      });
    }
  });

  describe("what makes no widget is refused by name", () => {
    const table: [code: string, message: RegExp][] = [
      [
        "widget.slider({ mn: 1 })",
        /widget.slider: unknown option "mn". Options: min, max, value, step, log, label, disabled/,
      ],
      ["widget.slider({ min: 2 })", /widget.slider: min must be below max, got 2 and 1/],
      ["widget.slider({ min: 0, max: 1, log: true })", /with log, min must be above 0, got 0/],
      ["widget.slider({ min: NaN })", /min must be a number, got NaN/],
      ["widget.slider({ max: '3' as any })", /max must be a number, got '3'/],
      ["widget.slider({ value: 2 })", /value must be between 0 and 1, got 2/],
      ["widget.slider({ step: 0 })", /step must be above 0 and at most 1, got 0/],
      ["widget.slider({ min: 1e-4, max: 1, log: true, step: 5 })", /at most 4 \(in powers of ten\), got 5/],
      ["widget.slider({ label: 3 as any })", /label must be a string, got number/],
      [
        "widget.slider({ min: 0, max: 9 }).value = 2.5",
        /value must be a whole number, got 2.5. For others give a step/,
      ],
      ["widget.slider().value = 'x' as any", /widget.slider: value must be a number, got 'x'/],
      ["widget.slider().label = 3 as any", /widget.slider: label must be a string, got 3/],
      ["widget.slider().onChange(3 as any)", /widget.slider: onChange: needs a function that is called, got number/],
      ["widget.button()", /widget.button: needs a label, the text on it: widget.button\(\{ label: "Train" \}\)/],
      ["widget.button({ label: 'a', onClick() {} } as any)", /widget.button: unknown option "onClick"/],
      ["widget.toggle({ label: ' ' })", /widget.toggle: needs a label/],
      ["widget.toggle({ label: 'a', value: 1 as any })", /widget.toggle: value must be true or false, got 1/],
    ];
    for (const [code, message] of table) it(code, () => assert.rejects(kernel.value(code), message));
  });

  it("is shown with its label and value as text, everywhere", async () => {
    const { comm_id } = await make("widget.toggle({ label: 'a & b', value: true })");
    const { publications } = await kernel.run("w");
    const data = publications.find(({ header }) => header.msg_type === "execute_result")!.content["data"] as Json;
    assert.deepEqual(data["application/vnd.jupyter.widget-view+json"], {
      ...{ version_major: 2, version_minor: 0 },
      model_id: comm_id,
    });
    assert.equal(data["text/html"], "<span>a &amp; b: <b>on</b></span>");
    assert.equal(await kernel.value("w"), "a & b: on");
    assert.match((await kernel.run("console.log(w)")).stdout, /^Toggle \{ a & b: on \}/);
    const closed = await kernel.run("w.close(); w");
    const shown = closed.publications.find(({ header }) => header.msg_type === "execute_result")!;
    assert.ok(!("application/vnd.jupyter.widget-view+json" in (shown.content["data"] as Json)));
  });

  it("a value off by rounding is taken for the end; one outside comes back as it was", async () => {
    const { comm_id } = await make("widget.slider({ min: 1e-4, max: 1, log: true, value: 0.1 })");
    assert.deepEqual(told(await update(comm_id, { value: 1.0000000002 })), [
      ["echo_update", { value: 1.0000000002 }],
      ["update", { value: 1 }],
    ]);
    assert.deepEqual(told(await update(comm_id, { value: "x" })).at(-1), ["update", { value: 1 }]);
    assert.equal(await kernel.value("w.value"), "1");
  });

  it("every change is told, by the user and by code; in a loop of code the last one, and it is sent", async () => {
    const { comm_id } = await make("widget.slider({ min: 0, max: 100000, value: 0 })");
    await kernel.run("w.onChange((v) => console.log('now', v)); void 0");
    assert.equal(printed(await update(comm_id, { value: 5 })), "now 5\n");
    assert.equal(printed(await update(comm_id, { value: 5 })), "");
    const { stdout, publications } = await kernel.run("for (let i = 0; i <= 100000; i++) w.value = i; await 0; void 0");
    assert.equal(stdout, "now 100000\n");
    const sent = told(publications);
    assert.deepEqual(sent.at(-1), ["update", { value: 100000 }]);
    assert.ok(sent.length < 1000, `${sent.length} messages`);
  });

  it("a handler that awaits is not called twice at once: of the changes meanwhile it gets the newest", async () => {
    const { comm_id } = await make("widget.slider({ min: 0, max: 9, value: 0 })");
    await kernel.run(
      "var seen = [], go; w.onChange(async (v) => { seen.push(v); await new Promise((r) => { go = r; }); seen.push(-v); }); void 0",
    );
    for (const value of [1, 2, 3, 4]) await update(comm_id, { value });
    assert.equal(await kernel.value("seen"), "[ 1 ]");
    assert.equal(await kernel.value("w.value"), "4");
    await kernel.run(
      "go(); await new Promise((r) => setTimeout(r)); go(); await new Promise((r) => setTimeout(r)); void 0",
    );
    assert.equal(await kernel.value("seen"), "[ 1, -1, 4, -4 ]");
  });

  it("a handler that sets the value itself ends, and one that fails keeps no other from being called", async () => {
    const { comm_id } = await make("widget.slider({ min: 0, max: 100, value: 0 })");
    await kernel.run(
      "w.onChange((v) => { w.value = Math.round(v / 10) * 10; }); w.onChange(() => { throw new Error('mine'); }); w.onChange((v) => console.log(v)); void 0",
    );
    const caused = await update(comm_id, { value: 33 });
    assert.match(printed(caused), /^33\n/);
    assert.ok(caused.some(({ header, content }) => header.msg_type === "error" && content["evalue"] === "mine"));
    assert.equal(await kernel.value("w.value"), "30");
  });

  it("next() and for await wait for the user, and are ended by an interrupt and by close()", async () => {
    const { comm_id } = await make("widget.button({ label: 'go' })");
    const next = kernel.start("console.log('waits'); await w.next()");
    await next.printed("waits");
    await click(comm_id);
    assert.equal((await next.result).value, "1");
    const loop = kernel.start(
      "console.log('waits'); const got = []; for await (const n of w) { got.push(n); if (n === 3) break; }\ngot",
    );
    await loop.printed("waits");
    for (let i = 0; i < 2; i++) await click(comm_id);
    assert.equal((await loop.result).value, "[ 2, 3 ]");
    const stopped = kernel.start("console.log('waits'); for await (const n of w) void n");
    await stopped.printed("waits");
    await kernel.client.interrupt();
    assert.equal(((await stopped.result).reply as { ename: string }).ename, "Interrupted");
    const closed = await kernel.run("const end = w.next().catch((e) => e.message); w.close(); await end");
    assert.match(closed.value!, /widget.button: nobody can use it any more: it was closed/);
  });

  it("a button that is disabled is not pressed, and code changes label and state", async () => {
    const { comm_id } = await make("widget.button({ label: 'go' })");
    const { publications } = await kernel.run(
      "w.onClick((n) => console.log('press', n)); w.disabled = true; w.label = 'wait'; void 0",
    );
    assert.deepEqual(told(publications), [
      ["update", { disabled: true }],
      ["update", { description: "wait" }],
    ]);
    assert.equal(printed(await click(comm_id)), "");
    await kernel.run("w.disabled = false; void 0");
    assert.equal(printed(await click(comm_id)), "press 1\n");
  });

  it("what a handler shows under an id replaces what its cell showed", async () => {
    const { reply } = await kernel.run(
      "var s = widget.slider({ min: 0, max: 9 }); display('first', { id: 'shown' }); s.onChange((v) => display(v, { id: 'shown' })); void 0",
    );
    assert.equal(reply.status, "ok");
    const opened = kernel.all("comm_open").at(-1)!;
    const caused = await update(opened.content["comm_id"] as string, { value: 8 });
    assert.ok(caused.some(({ header }) => header.msg_type === "update_display_data"));
    assert.ok(!caused.some(({ header }) => header.msg_type === "display_data"));
  });

  it("a cell that ends with onClick or onChange shows nothing for it, and what it returns can still be looked at", async () => {
    const go = "const go = widget.button({ label: 'go' }), at = widget.slider(); ";
    for (const last of ["go.onClick(() => {})", "at.onChange(() => {})", "comms.open('t').onMessage(() => {})"]) {
      const { reply, publications } = await kernel.run(`{ ${go} globalThis.off = ${last}; } globalThis.off`);
      assert.equal(reply.status, "ok", JSON.stringify(reply));
      assert.ok(!publications.some(({ header }) => header.msg_type === "execute_result"), last);
    }
    assert.equal(await kernel.value("typeof off"), "'function'");
  });
});
