"""Subshells: cells of their own queues, which run while the main shell's cell waits."""

import unittest

from jupyter_client.manager import start_new_kernel

WAIT = 20


class SubshellTests(unittest.TestCase):
    def setUp(self):
        self.manager, self.client = start_new_kernel(kernel_name="gradbook")
        self.outputs, self.sent = {}, set()

    def tearDown(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def control(self, msg_type, **content):
        message = self.client.session.msg(msg_type, content)
        self.client.control_channel.send(message)
        reply = self.client.control_channel.get_msg(timeout=WAIT)
        self.assertEqual(reply["parent_header"]["msg_id"], message["header"]["msg_id"])
        self.assertEqual(reply["msg_type"], msg_type.replace("_request", "_reply"))
        return reply["content"]

    def create(self):
        return self.control("create_subshell_request")["subshell_id"]

    def send(self, subshell_id, msg_type, **content):
        message = self.client.session.msg(msg_type, content)
        if subshell_id is not None:
            message["header"]["subshell_id"] = subshell_id
        self.sent.add(message["header"]["msg_id"])
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def execute(self, code, subshell_id=None, **more):
        content = dict(code=code, silent=False, store_history=True, user_expressions={}, allow_stdin=False)
        return self.send(subshell_id, "execute_request", **content, **more)

    def reply(self):
        """The next reply on shell to a request of the test, with the id of that."""
        while True:
            reply = self.client.get_shell_msg(timeout=WAIT)
            # The client asks until the kernel is there, and a late answer to that may come yet.
            if reply["parent_header"]["msg_id"] in self.sent:
                return reply["parent_header"]["msg_id"], reply["content"]

    def read(self):
        message = self.client.get_iopub_msg(timeout=WAIT)
        self.outputs.setdefault(message["parent_header"].get("msg_id"), []).append(message)
        return message

    def until_text(self, request, text):
        while text not in self.text_of(request):
            self.read()

    def until_idle(self, *requests):
        waiting = set(requests)
        while waiting:
            for request in list(waiting):
                states = [m["content"].get("execution_state") for m in self.outputs.get(request, [])]
                if "idle" in states:
                    waiting.discard(request)
            if waiting:
                self.read()

    def text_of(self, request):
        messages = self.outputs.get(request, [])
        texts = [m["content"]["text"] for m in messages if m["msg_type"] == "stream"]
        results = [m["content"]["data"]["text/plain"] for m in messages if m["msg_type"] == "execute_result"]
        return "".join(texts + results)

    def test_features(self):
        """kernel_info names the feature"""
        self.client.kernel_info()
        while True:
            content = self.client.get_shell_msg(timeout=WAIT)["content"]
            if "supported_features" in content:
                break
        self.assertIn("kernel subshells", content["supported_features"])

    def test_life(self):
        """a subshell is made, listed and deleted; one that is not there is an error that says so"""
        self.assertEqual(self.control("list_subshell_request"), {"status": "ok", "subshell_id": []})
        first, second = self.create(), self.create()
        self.assertNotEqual(first, second)
        self.assertEqual(self.control("list_subshell_request")["subshell_id"], [first, second])
        self.assertEqual(self.control("delete_subshell_request", subshell_id=first), {"status": "ok"})
        self.assertEqual(self.control("list_subshell_request")["subshell_id"], [second])
        error = self.control("delete_subshell_request", subshell_id=first)
        self.assertEqual((error["status"], error["ename"]), ("error", "UnknownSubshell"))
        self.assertIn(second, error["evalue"])
        for kind, content in [("kernel_info_request", {}), ("execute_request", {"code": "1"})]:
            request = self.send(first, kind, **content)
            self.assertEqual(self.reply()[1]["ename"], "UnknownSubshell")
            self.until_idle(request)

    def test_between_awaits(self):
        """cells of a subshell run while the main shell's cell waits, on the same variables, counted together"""
        subshell = self.create()
        main = self.execute(
            "let n = 0, stop = false;\n"
            "while (!stop) { n++; console.log('step'); await new Promise((r) => setTimeout(r, 5)); }\n"
            "console.log('main has ended');\nn"
        )
        self.until_text(main, "step")
        look = self.execute("console.log('from the subshell'); n > 0", subshell)
        request, content = self.reply()
        self.assertEqual((request, content["status"], content["execution_count"]), (look, "ok", 2))
        self.until_idle(look)
        self.assertEqual(self.text_of(look), "from the subshell\ntrue")
        self.execute("stop = true;", subshell)
        replies = dict([self.reply(), self.reply()])
        self.assertEqual(replies[main]["status"], "ok")
        self.until_idle(main)
        self.assertIn("main has ended", self.text_of(main))
        self.assertNotIn("subshell", self.text_of(main))
        last = self.execute("n === undefined")
        self.assertEqual(self.reply()[1]["execution_count"], 4)
        self.until_idle(last)

    def test_loop_of_awaits(self):
        """a loop that awaits what is there already lets the cells of other shells in"""
        subshell = self.create()
        main = self.execute("let halt = false, turns = 0; console.log('begun'); while (!halt) { turns++; await null; }")
        self.until_text(main, "begun")
        other = self.execute("halt = true; turns > 0", subshell)
        replies = dict([self.reply(), self.reply()])
        self.assertEqual([replies[main]["status"], replies[other]["status"]], ["ok", "ok"])
        self.until_idle(other)
        self.assertEqual(self.text_of(other), "true")

    def test_comms(self):
        """a comm's messages may name a subshell; for one that is not there they end with idle, without a reply"""
        self.execute("const heard = []; comms.register('test', (comm) => comm.onMessage(({ data }) => heard.push(data)));")
        self.assertEqual(self.reply()[1]["status"], "ok")
        subshell = self.create()
        self.until_idle(self.send(subshell, "comm_open", comm_id="a", target_name="test", data={}))
        self.until_idle(self.send(subshell, "comm_msg", comm_id="a", data={"said": 1}))
        self.until_idle(self.send("nowhere", "comm_msg", comm_id="a", data={"said": 2}))
        heard = self.execute("heard.length")
        self.assertEqual(self.reply()[1]["status"], "ok")
        self.until_idle(heard)
        self.assertEqual(self.text_of(heard), "1")

    def test_queues(self):
        """each subshell has a queue of its own, and an error cancels what waits in that queue only"""
        one, two = self.create(), self.create()
        gate = self.execute("let open; const opened = new Promise((r) => (open = r)); console.log('ready'); await opened;")
        self.until_text(gate, "ready")
        waits = self.execute("await opened; throw new Error('one failed');", one)
        behind = self.execute("'never'", one)
        beside = self.execute("'beside'", two)
        request, content = self.reply()
        self.assertEqual((request, content["status"]), (beside, "ok"))
        after = self.execute("open(); 'opened'", two)
        replies = dict(self.reply() for _ in range(4))
        self.assertEqual(replies[after]["status"], "ok")
        self.assertEqual(replies[gate]["status"], "ok")
        self.assertEqual(replies[waits]["evalue"], "one failed")
        self.assertEqual(replies[behind]["ename"], "Cancelled")

    def test_deletion(self):
        """deleting a subshell cancels what waits in it, and lets its running cell come to its end"""
        subshell = self.create()
        runs = self.execute("let go; console.log('begun'); await new Promise((r) => (go = r)); 'ended'", subshell)
        waits = self.execute("'never'", subshell)
        self.until_text(runs, "begun")
        self.assertEqual(self.control("delete_subshell_request", subshell_id=subshell)["status"], "ok")
        request, content = self.reply()
        self.assertEqual((request, content["ename"]), (waits, "Cancelled"))
        self.assertIn("deleted", content["evalue"])
        free = self.execute("go();")
        replies = dict([self.reply(), self.reply()])
        self.assertEqual([replies[runs]["status"], replies[free]["status"]], ["ok", "ok"])

    def test_blocked(self):
        """while one shell's cell computes without a pause, another answers what needs no user code"""
        subshell = self.create()
        main = self.execute("console.log('busy'); for (;;) ;")
        self.until_text(main, "busy")
        waits = self.execute("1", subshell)
        self.send(subshell, "kernel_info_request")
        self.assertEqual(self.reply()[1]["implementation"], "gradbook")
        self.send(subshell, "complete_request", code="JSON.pa", cursor_pos=7)
        self.assertEqual(self.reply()[1]["matches"], ["parse"])
        self.send(subshell, "comm_info_request")
        self.assertEqual(self.reply()[1]["comms"], {})
        self.assertEqual(self.control("interrupt_request"), {"status": "ok"})
        replies = dict([self.reply(), self.reply()])
        self.assertEqual(replies[main]["ename"], "Interrupted")
        self.assertEqual(replies[waits]["ename"], "Interrupted")

    def test_interrupt(self):
        """an interrupt stops what runs in all of them and cancels what waits, and variables are kept"""
        stubborn = "does not let itself be stopped"
        endings = {
            "waits": "await new Promise(() => {});",
            "loops with awaits": "for (;;) await new Promise((r) => setTimeout(r, 2));",
            stubborn: "for (;;) { try { await new Promise((r) => setTimeout(r, 2)); } catch {} }",
        }
        for first, second in [("waits", "loops with awaits"), (stubborn, stubborn)]:
            with self.subTest(first=first, second=second):
                subshell = self.create()
                main = self.execute(f"var kept = 7; console.log('begun'); {endings[first]}")
                self.until_text(main, "begun")
                other = self.execute(f"var more = 8; console.log('begun too'); {endings[second]}", subshell)
                self.until_text(other, "begun too")
                behind = self.execute("1", subshell)
                self.assertEqual(self.control("interrupt_request"), {"status": "ok"})
                replies = dict(self.reply() for _ in range(3))
                self.assertEqual(replies[main]["ename"], "Interrupted", replies[main])
                self.assertEqual(replies[other]["ename"], "Interrupted", replies[other])
                self.assertEqual(replies[behind]["ename"], "Cancelled")
                total = self.execute("kept + more", subshell)
                self.assertEqual(self.reply()[1]["status"], "ok")
                self.until_idle(total)
                self.assertEqual(self.text_of(total), "15")

    def test_interrupt_in_a_loop(self):
        """an interrupt while one computes without a pause stops that one and the one that waits"""
        subshell = self.create()
        waits = self.execute("let n = 3; console.log('waits'); await new Promise(() => {});")
        self.until_text(waits, "waits")
        loops = self.execute("let k = 5; console.log('loops'); const f = new Function('for (;;) ;'); k++; f();", subshell)
        self.until_text(loops, "loops")
        self.assertEqual(self.control("interrupt_request"), {"status": "ok"})
        replies = dict([self.reply(), self.reply()])
        self.assertEqual(replies[waits]["ename"], "Interrupted", replies[waits])
        self.assertEqual(replies[loops]["ename"], "Interrupted", replies[loops])
        total = self.execute("n + k")
        self.assertEqual(self.reply()[1]["status"], "ok")
        self.until_idle(total)
        self.assertEqual(self.text_of(total), "9")
