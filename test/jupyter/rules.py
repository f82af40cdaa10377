"""The rules of the protocol that kernels break most often, one test each."""

import json
import os
import re
import signal
import tempfile
import time
from pathlib import Path

from frontEnd import FrontEnd, WithKernel
from jupyter_client.manager import KernelManager, start_new_kernel


def names(messages):
    return [m["header"]["msg_type"] for m in messages]


def states(messages):
    return [m["content"]["execution_state"] for m in messages if m["header"]["msg_type"] == "status"]


class RuleTests(WithKernel):
    def test_01_busy_and_idle(self):
        """busy comes before anything and idle after everything, for every request on both channels"""
        requests = [
            ("shell", "kernel_info_request", {}),
            ("control", "kernel_info_request", {}),
            ("shell", "complete_request", {"code": "Mat", "cursor_pos": 3}),
            ("shell", "inspect_request", {"code": "Math", "cursor_pos": 3, "detail_level": 0}),
            ("shell", "is_complete_request", {"code": "{"}),
            ("shell", "history_request", {"hist_access_type": "tail", "output": False, "raw": True, "n": 1}),
            ("shell", "comm_info_request", {}),
            ("shell", "connect_request", {}),
            ("shell", "comm_open", {"comm_id": "rule", "target_name": "nobody knows", "data": {}}),
            ("shell", "comm_msg", {"comm_id": "nobody has", "data": {}}),
            ("shell", "comm_close", {"comm_id": "nobody has", "data": {}}),
            ("control", "interrupt_request", {}),
            ("control", "create_subshell_request", {}),
            ("control", "list_subshell_request", {}),
            ("shell", "execute_request", {"code": 7}),
            ("shell", "execute_request", {"code": "throw 1"}),
            ("shell", "execute_request", {"code": "for (let i = 0; i < 500; i++) console.log(i); display(1); 2"}),
        ]
        for channel, msg_type, content in requests:
            with self.subTest(channel=channel, msg_type=msg_type):
                msg_id = self.front.send(msg_type, content, channel)
                messages = self.front.published(msg_id)
                self.assertEqual(states(messages), ["busy", "idle"])
                self.assertEqual(names(messages[:1] + messages[-1:]), ["status", "status"])
                if not msg_type.startswith("comm_") or msg_type == "comm_info_request":
                    self.assertEqual(self.front.reply(msg_id)["header"]["msg_type"], msg_type.replace("_request", "_reply"))
        self.assertEqual(len(self.front.text(msg_id).split()), 500)

    def test_02_flush_before_reply(self):
        """what a cell shows leaves the kernel before its reply, and all of it is there"""
        code = "for (let i = 0; i < 60; i++) display.html(String(i).padEnd(50_000)); 'value'"
        msg_id = self.front.start(code)
        reply = self.front.reply(msg_id)
        messages = self.front.published(msg_id)
        shown = [m for m in messages if m["header"]["msg_type"] in ("display_data", "execute_result")]
        self.assertEqual(len(shown), 61)
        self.assertLessEqual(max(m["header"]["date"] for m in shown), reply["header"]["date"])

    def test_03_parent_by_context(self):
        """what a cell prints later belongs to it, also while another one runs"""
        late = self.front.run("let later; const waits = new Promise((r) => (later = r)); waits.then(() => console.log('late')); void 0")
        other = self.front.run("later(); await new Promise((r) => setTimeout(r, 1)); console.log('other')")
        self.front.saw(late["id"], "late\n")
        self.assertEqual(self.front.text(other["id"]), "other\n")

    def test_04_ids(self):
        """ids of messages are never used twice, and a restarted kernel is another session"""
        manager, client = start_new_kernel(kernel_name="gradbook", startup_timeout=60)
        sessions = []
        try:
            for round in range(2):
                front = FrontEnd(client=client)
                msg_id = front.start("for (let i = 0; i < 100; i++) console.log(i)")
                sessions.append(front.reply(msg_id)["header"]["session"])
                of_round = {m["header"]["session"] for m in front.published(msg_id)}
                self.assertEqual(of_round, {sessions[-1]})
                if round == 0:
                    manager.restart_kernel(now=True)
                    client.wait_for_ready(timeout=60)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)
        self.assertNotEqual(*sessions)

    def test_05_silent_and_history(self):
        """silent shows nothing and counts nothing; store_history false shows, and counts nothing"""
        count = self.front.run("1")["execution_count"]
        silent = self.front.run("console.log('x'); display(1); 2", silent=True)
        self.assertEqual(set(names(self.front.published(silent["id"]))), {"status"})
        self.assertEqual(silent["execution_count"], count)
        failing = self.front.run("throw new Error('quiet')", silent=True)
        self.assertEqual((failing["status"], failing["evalue"]), ("error", "quiet"))
        self.assertEqual(set(names(self.front.published(failing["id"]))), {"status"})
        unstored = self.front.run("'shown but not stored'", store_history=False)
        self.assertEqual(unstored["execution_count"], count)
        self.assertEqual(len(self.front.published(unstored["id"], "execute_result")), 1)
        history = self.front.ask("history_request", {"hist_access_type": "tail", "output": False, "raw": True, "n": 3})
        self.assertEqual(history["history"][-1], [0, count, "1"])
        self.assertEqual(self.front.run("1")["execution_count"], count + 1)

    def test_05_user_expressions(self):
        """user expressions are evaluated after a cell that succeeds, and each has its own error"""
        wanted = {"sum": "a + 1", "missing": "nowhere.at", "broken": "a +", "later": "await Promise.resolve(a)", "__proto__": "a"}
        reply = self.front.run("var a = 41", user_expressions=wanted)
        self.assertEqual(reply["status"], "ok")
        found = reply["user_expressions"]
        self.assertEqual(set(found), set(wanted))
        self.assertEqual(found["sum"], {"status": "ok", "data": {"text/plain": "42"}, "metadata": {}})
        self.assertEqual([found[name]["status"] for name in ("later", "__proto__")], ["ok", "ok"])
        self.assertEqual((found["missing"]["status"], found["missing"]["ename"]), ("error", "ReferenceError"))
        self.assertEqual((found["broken"]["status"], found["broken"]["ename"]), ("error", "SyntaxError"))
        self.assertTrue(all(isinstance(line, str) for line in found["missing"]["traceback"]))
        self.assertNotIn("user_expressions", self.front.run("throw 1", user_expressions={"b": "console.log('ran')"}))

    def test_06_stop_on_error(self):
        """an error answers the cells that wait behind it with an error, unless stop_on_error is false or it was silent"""
        gate = "await new Promise((r) => setTimeout(r, 300));"
        for options, status in [({}, "error"), ({"stop_on_error": False}, "ok"), ({"silent": True}, "ok")]:
            with self.subTest(**options):
                first = self.front.start(f"{gate} throw new Error('first')", **options)
                behind = [self.front.start("1"), self.front.start("2")]
                self.assertEqual(self.front.reply(first)["content"]["evalue"], "first")
                replies = [self.front.reply(each)["content"] for each in behind]
                self.assertEqual([r["status"] for r in replies], [status, status])
                if status == "error":
                    self.assertEqual([r["ename"] for r in replies], ["Cancelled", "Cancelled"])
                    self.assertEqual(names(self.front.published(behind[0])), ["status", "status"])
                self.assertEqual(self.front.run("3")["status"], "ok")

    def test_07_results_and_errors(self):
        """execute_result is for the value only, and an error is the same on iopub and in the reply"""
        for code in ("void 0", "const nothing = 1;", "", "console.log(1)", "// only a comment"):
            with self.subTest(code=code):
                self.assertEqual(self.front.published(self.front.run(code)["id"], "execute_result"), [])
        for code in ("throw new TypeError('one')", "const = 1", "throw 'text'", "throw undefined", "null.x"):
            with self.subTest(code=code):
                reply = self.front.run(code)
                (error,) = self.front.published(reply["id"], "error")
                self.assertEqual(error, {name: reply[name] for name in ("ename", "evalue", "traceback")})
                self.assertEqual(names(self.front.published(reply["id"])), ["status", "execute_input", "error", "status"])

    def test_08_bundles(self):
        """JSON types are objects, bytes are base64, there is always text/plain for a value, and transient is an object"""
        code = """
            display.json({ a: [1] });
            display.image(Buffer.from("iVBORw0KGgo=", "base64"));
            display.bundle({ "application/vnd.test+json": { b: 2 }, "text/plain": "b" });
            display("same", { id: "rule-8" }); display("again", { id: "rule-8" });
            [{ a: 1 }, { a: 2 }]
        """
        messages = self.front.published(self.front.run(code)["id"])
        shown = [m["content"] for m in messages if m["header"]["msg_type"].endswith(("display_data", "execute_result"))]
        self.assertEqual(shown[0]["data"]["application/json"], {"a": [1]})
        self.assertEqual(shown[1]["data"]["image/png"], "iVBORw0KGgo=")
        self.assertEqual(shown[2]["data"]["application/vnd.test+json"], {"b": 2})
        self.assertEqual([s["transient"] for s in shown[3:5]], [{"display_id": "rule-8"}] * 2)
        for content in shown:
            self.assertIsInstance(content["transient"], dict)
            self.assertTrue(all(re.fullmatch(r"[\w\-+.]+/[\w\-+.]+", mime) for mime in content["data"]), content["data"])
        self.assertIn("text/plain", shown[-1]["data"])
        refused = self.front.run("display.bundle({ 'text/html; charset=utf-8': 'x' })")
        self.assertIn("MIME", refused["evalue"])

    def test_09_code_points(self):
        """positions count code points, in both directions"""
        code = "const 名 = '😀😀'; Math.cbr"
        reply = self.front.ask("complete_request", {"code": code, "cursor_pos": len(code)})
        self.assertEqual(reply["matches"], ["cbrt"])
        self.assertEqual((reply["cursor_start"], reply["cursor_end"]), (len(code) - 3, len(code)))
        code = "'😀😀😀'; Math.sqrt; 1"
        reply = self.front.ask("inspect_request", {"code": code, "cursor_pos": code.index("sqrt") + 1, "detail_level": 0})
        self.assertTrue(reply["found"])
        self.assertIn("sqrt", reply["data"]["text/plain"])

    def test_10_is_complete(self):
        """is_complete says complete, incomplete with the indent, or invalid, and executes nothing"""
        self.front.run("globalThis.executed = 0")
        rows = [
            ("executed++", "complete", None),
            ("if (executed++) {", "incomplete", "  "),
            ("  [executed++,", "incomplete", None),
            ("`executed ${executed++}", "incomplete", None),
            ("executed++ )", "invalid", None),
            ("", "complete", None),
        ]
        for code, status, indent in rows:
            with self.subTest(code=code):
                reply = self.front.ask("is_complete_request", {"code": code})
                self.assertEqual(reply["status"], status)
                if indent is not None:
                    self.assertEqual(reply["indent"], indent)
        self.assertEqual(self.front.published(self.front.run("executed")["id"], "execute_result")[0]["data"]["text/plain"], "0")

    def test_11_comms(self):
        """a comm for a target that nobody has registered is closed at once, on iopub"""
        msg_id = self.front.send("comm_open", {"comm_id": "c-11", "target_name": "nobody", "data": {}})
        messages = self.front.published(msg_id)
        self.assertEqual(names(messages), ["status", "comm_close", "status"])
        self.assertEqual(messages[1]["content"]["comm_id"], "c-11")
        self.assertEqual(self.front.ask("comm_info_request")["comms"], {})

    def test_12_interrupt(self):
        """an interrupt is answered while the cell still runs, the cell has an error of its own, and variables are kept"""
        for stop in ("message", "signal"):
            with self.subTest(stop=stop):
                running = self.front.start("globalThis.kept = 7; console.log('begun'); while (true) {}")
                waiting = self.front.start("'never'")
                self.front.saw(running, "begun")
                if stop == "message":
                    self.assertEqual(self.front.ask("interrupt_request", channel="control")["status"], "ok")
                else:
                    os.kill(self.manager.provisioner.pid, signal.SIGINT)
                reply = self.front.reply(running)["content"]
                self.assertEqual((reply["status"], reply["ename"]), ("error", "Interrupted"))
                self.assertEqual(self.front.reply(waiting)["content"]["ename"], "Cancelled")
                kept = self.front.run("kept")
                self.assertEqual(self.front.published(kept["id"], "execute_result")[0]["data"]["text/plain"], "7")
        self.assertEqual(self.manager.kernel_spec.interrupt_mode, "message")

    def test_13_shutdown(self):
        """a shutdown is answered, told to the other front ends, and then the kernel leaves, also from a cell that loops"""
        for restart, channel, code in [(False, "control", None), (True, "control", "while (true) {}"), (False, "shell", None)]:
            with self.subTest(restart=restart, channel=channel, code=code):
                manager, client = start_new_kernel(kernel_name="gradbook", startup_timeout=60)
                try:
                    front = FrontEnd(client=client)
                    if code:
                        running = front.start(f"console.log('begun'); {code}")
                        front.saw(running, "begun")
                    msg_id = front.send("shutdown_request", {"restart": restart}, channel)
                    self.assertEqual(front.reply(msg_id)["content"], {"status": "ok", "restart": restart})
                    self.assertEqual(front.published(msg_id, "shutdown_reply"), [{"status": "ok", "restart": restart}])
                    if code:
                        self.assertEqual(front.reply(running)["content"]["status"], "error")
                    end = time.monotonic() + 20
                    while manager.is_alive() and time.monotonic() < end:
                        time.sleep(0.05)
                    self.assertFalse(manager.is_alive())
                finally:
                    client.stop_channels()
                    manager.shutdown_kernel(now=True)

    def test_14_signatures_and_unknown_types(self):
        """what is not signed with the key, and what has a type that nobody knows, changes nothing"""
        stranger = FrontEnd(self.manager.connection_file)
        self.addCleanup(stranger.close)
        stranger.client.session.key = b"another key"
        stranger.start("globalThis.broken = true")
        self.front.send("no_such_request", {})
        self.front.send("no_such_request", {}, "control")
        self.front.send("constructor", {})
        self.front.send("execute_reply", {"status": "ok"})
        asked = self.front.run("typeof broken")
        self.assertEqual(self.front.published(asked["id"], "execute_result")[0]["data"]["text/plain"], "'undefined'")

    def test_15_payloads(self):
        """display.page goes to the pager: with the reply of a cell, also of one that fails, and never of a silent one"""
        reply = self.front.run("display.page('a\\n'.repeat(3)); display.page({ b: 1 });")
        self.assertEqual([p["source"] for p in reply["payload"]], ["page", "page"])
        self.assertEqual([p["data"]["text/plain"] for p in reply["payload"]], ["a\na\na\n", "{ b: 1 }"])
        self.assertEqual(names(self.front.published(reply["id"])), ["status", "execute_input", "status"])
        failed = self.front.run("display.page('until then'); throw 1")
        self.assertEqual([p["data"]["text/plain"] for p in failed["payload"]], ["until then"])
        self.assertEqual(self.front.run("display.page('x')", silent=True)["payload"], [])
        self.assertEqual(self.front.run("1")["payload"], [])
        later = self.front.run("setTimeout(() => display.page('later'), 1); void 0")
        self.front.until(lambda: "display_data" in names(m for _, m in self.front.caused[later["id"]]), "the late page")

    def test_16_rates(self):
        """a flood of prints, and a display that changes in a loop, stay below what a Jupyter server lets through"""
        floods = [
            "while (Date.now() < end) console.log('x')",
            "while (Date.now() < end) process.stdout.write('\\r' + Date.now())",
            "while (Date.now() < end) display(Date.now(), { id: 'rate' })",
            "while (Date.now() < end) { clearOutput({ wait: true }); console.log(Date.now()); }",
        ]
        for flood in floods:
            with self.subTest(flood=flood):
                reply = self.front.run(f"const end = Date.now() + 1000; {flood}")
                messages = self.front.published(reply["id"])
                # The server counts over three seconds: 3000 messages, 3 MB.
                self.assertLess(len(messages), 1500)
                self.assertLess(sum(len(json.dumps(m["content"])) for m in messages), 3_000_000)

    def test_17_kernel_info(self):
        """kernel_info is the same on shell and control, names 5.5, and has no nulls"""
        shell, control = (self.front.ask("kernel_info_request", channel=channel) for channel in ("shell", "control"))
        self.assertEqual(shell, control)
        self.assertEqual((shell["status"], shell["protocol_version"]), ("ok", "5.5"))
        language = shell["language_info"]
        self.assertIsInstance(language["codemirror_mode"], str)
        self.assertEqual(language["name"], self.manager.kernel_spec.language)
        self.assertNotIn("null", json.dumps(shell))
        self.assertEqual(set(self.front.ask("connect_request")) - {"status"}, set(self.first.get_connection_info()) & {
            "shell_port", "iopub_port", "stdin_port", "hb_port", "control_port"})

    def test_18_paths(self):
        """a kernel starts from folders and connection files whose names have spaces and letters of any language"""
        with tempfile.TemporaryDirectory(prefix="mit Leerzeichen, ü 名 'x' ") as folder:
            manager = KernelManager(kernel_name="gradbook", connection_file=str(Path(folder, "kernel-ä b.json")))
            manager.start_kernel(cwd=folder)
            client = manager.client()
            client.start_channels()
            try:
                client.wait_for_ready(timeout=60)
                front = FrontEnd(client=client)
                (result,) = front.published(front.run("process.cwd()")["id"], "execute_result")
                self.assertIn("ü 名", result["data"]["text/plain"])
            finally:
                client.stop_channels()
                manager.shutdown_kernel(now=True)


# Shared by the modules, and no test of its own.
del WithKernel
