"""The conformance tests of the kernel testbed by the runtimed project, by their names, with its cells for TypeScript.

Its cells that call `Deno.jupyter` are said here in our own words; where it gives half a point or asks only for a reply,
the whole is asked for.
"""

from frontEnd import FrontEnd, WithKernel
from jupyter_client.manager import start_new_kernel


class TestbedTests(WithKernel):
    def published(self, code, msg_type):
        return self.front.published(self.front.run(code)["id"], msg_type)

    def test_heartbeat_responds(self):
        """heartbeat_responds: the very bytes come back, also while a cell computes"""
        import zmq

        running = self.front.start("console.log('begun'); while (true) {}")
        self.front.saw(running, "begun")
        with zmq.Context.instance().socket(zmq.REQ) as socket:
            socket.linger = 0
            info = self.manager.get_connection_info()
            socket.connect(f"{info['transport']}://{info['ip']}:{info['hb_port']}")
            for ping in (b"ping", b"", b"\0\xff" * 100):
                socket.send(ping)
                self.assertTrue(socket.poll(20_000))
                self.assertEqual(socket.recv(), ping)
        self.front.ask("interrupt_request", channel="control")
        self.front.reply(running)

    def test_iopub_welcome(self):
        """iopub_welcome: a new subscriber is greeted first"""
        front = self.connect()
        (_, greeting), = front.caused[None]
        self.assertEqual(greeting["header"]["msg_type"], "iopub_welcome")
        self.assertEqual((greeting["content"], greeting["parent_header"]), ({"subscription": ""}, {}))

    def test_kernel_info_reply_valid(self):
        """kernel_info_reply_valid: status ok"""
        self.assertEqual(self.front.ask("kernel_info_request")["status"], "ok")

    def test_kernel_info_has_language_info(self):
        """kernel_info_has_language_info"""
        info = self.front.ask("kernel_info_request")["language_info"]
        self.assertEqual((info["name"], info["file_extension"], info["mimetype"]), ("typescript", ".ts", "text/typescript"))

    def test_kernel_info_has_protocol_version(self):
        """kernel_info_has_protocol_version"""
        self.assertRegex(self.front.ask("kernel_info_request")["protocol_version"], r"^5\.\d+$")

    def test_execute_stdout(self):
        """execute_stdout"""
        self.assertEqual(self.published("console.log('hello')", "stream"), [{"name": "stdout", "text": "hello\n"}])

    def test_execute_stderr(self):
        """execute_stderr"""
        self.assertEqual(self.published("console.error('error')", "stream"), [{"name": "stderr", "text": "error\n"}])

    def test_execute_reply_ok(self):
        """execute_reply_ok"""
        self.assertEqual(self.front.run("const x = 1")["status"], "ok")

    def test_status_busy_idle_lifecycle(self):
        """status_busy_idle_lifecycle"""
        states = [s["execution_state"] for s in self.published("const x = 1", "status")]
        self.assertEqual(states, ["busy", "idle"])

    def test_execute_input_broadcast(self):
        """execute_input_broadcast: with the code and its number"""
        reply = self.front.run("const x = 1")
        expected = {"code": "const x = 1", "execution_count": reply["execution_count"]}
        self.assertEqual(self.front.published(reply["id"], "execute_input"), [expected])

    def test_complete_request(self):
        """complete_request: a variable of an earlier cell"""
        self.front.run("const testVariableForCompletion = 42")
        prefix = "testVariableFor"
        reply = self.front.ask("complete_request", {"code": prefix, "cursor_pos": len(prefix)})
        self.assertEqual((reply["status"], reply["matches"]), ("ok", ["testVariableForCompletion"]))
        self.assertEqual((reply["cursor_start"], reply["cursor_end"]), (0, len(prefix)))

    def test_inspect_request(self):
        """inspect_request: found, with data"""
        self.front.run("const testVariableForCompletion = 42")
        request = {"code": "testVariableForCompletion", "cursor_pos": 25, "detail_level": 0}
        reply = self.front.ask("inspect_request", request)
        self.assertTrue(reply["found"])
        self.assertIn("testVariableForCompletion: ", reply["data"]["text/plain"])

    def test_is_complete_complete(self):
        """is_complete_complete"""
        self.assertEqual(self.front.ask("is_complete_request", {"code": "const x = 1"})["status"], "complete")

    def test_is_complete_incomplete(self):
        """is_complete_incomplete"""
        self.assertEqual(self.front.ask("is_complete_request", {"code": "const x = {"})["status"], "incomplete")

    def test_history_request(self):
        """history_request: the last cells"""
        for i in range(3):
            self.front.run(f"{i}")
        request = {"hist_access_type": "tail", "n": 2, "output": False, "raw": True}
        self.assertEqual([line[2] for line in self.front.ask("history_request", request)["history"]], ["1", "2"])

    def test_comm_info_request(self):
        """comm_info_request: the comms that are open, all or of one target"""
        for target in (None, "jupyter.kernel_testbed.test"):
            reply = self.front.ask("comm_info_request", {"target_name": target})
            self.assertEqual((reply["status"], reply["comms"]), ("ok", {}))

    def test_error_handling(self):
        """error_handling: a syntax error is an error reply and an error output"""
        reply = self.front.run("function function")
        self.assertEqual((reply["status"], reply["ename"]), ("error", "SyntaxError"))
        self.assertEqual(len(self.front.published(reply["id"], "error")), 1)

    def test_display_data(self):
        """display_data"""
        (shown,) = self.published('display.html("<b>bold</b>")', "display_data")
        self.assertEqual(shown["data"]["text/html"], "<b>bold</b>")

    def test_update_display_data(self):
        """update_display_data"""
        code = 'display.html("<b>initial</b>", { id: "test_update" }); display.html("<b>updated</b>", { id: "test_update" })'
        reply = self.front.run(code)
        for msg_type, text in (("display_data", "<b>initial</b>"), ("update_display_data", "<b>updated</b>")):
            (shown,) = self.front.published(reply["id"], msg_type)
            self.assertEqual((shown["data"]["text/html"], shown["transient"]), (text, {"display_id": "test_update"}))

    def test_execute_result(self):
        """execute_result"""
        (result,) = self.published("1 + 1", "execute_result")
        self.assertEqual(result["data"]["text/plain"], "2")

    def test_rich_execute_result(self):
        """rich_execute_result: an array of records is a table"""
        code = '[{letter: "A", frequency: 0.08167}, {letter: "B", frequency: 0.01492}]'
        (result,) = self.published(code, "execute_result")
        self.assertIn("<table", result["data"]["text/html"])
        self.assertIn("text/plain", result["data"])

    def test_stdin_input_request(self):
        """stdin_input_request"""
        cell = self.front.start("prompt('Enter: ')", allow_stdin=True)
        self.assertEqual(self.front.question(cell)["content"]["prompt"], "Enter: ")
        self.front.answer('"test_input_42"')
        (result,) = self.front.published(cell, "execute_result")
        self.assertIn("test_input_42", result["data"]["text/plain"])

    def test_comms_lifecycle(self):
        """comms_lifecycle: an unknown target is refused, a known one is opened, answered and closed"""
        opened = self.front.send("comm_open", {"comm_id": "a", "target_name": "jupyter.kernel_testbed.test", "data": {}})
        self.assertEqual([c["comm_id"] for c in self.front.published(opened, "comm_close")], ["a"])
        self.front.run("comms.register('testbed', (comm) => comm.onMessage(({ data }) => comm.send({ echo: data })))")
        opened = self.front.send("comm_open", {"comm_id": "b", "target_name": "testbed", "data": {}})
        self.assertEqual(self.front.published(opened, "comm_close"), [])
        said = self.front.send("comm_msg", {"comm_id": "b", "data": {"value": 42}})
        (echo,) = self.front.published(said, "comm_msg")
        self.assertEqual((echo["comm_id"], echo["data"]["echo"]), ("b", {"value": 42}))
        self.assertEqual(self.front.ask("comm_info_request")["comms"], {"b": {"target_name": "testbed"}})
        self.front.published(self.front.send("comm_close", {"comm_id": "b", "data": {}}))
        self.assertEqual(self.front.ask("comm_info_request")["comms"], {})

    def test_interrupt_request(self):
        """interrupt_request: answered, and it stops the testbed's sleeping cell"""
        self.assertEqual(self.front.ask("interrupt_request", channel="control")["status"], "ok")
        sleeping = self.front.start("console.log('begun'); await new Promise(r => setTimeout(r, 2000000))")
        self.front.saw(sleeping, "begun")
        self.front.ask("interrupt_request", channel="control")
        self.assertEqual(self.front.reply(sleeping)["content"]["ename"], "Interrupted")

    def test_execution_count_increments(self):
        """execution_count_increments: by one"""
        first, second = (self.front.run("const x = 1")["execution_count"] for _ in range(2))
        self.assertEqual(second, first + 1)

    def test_parent_header_correlation(self):
        """parent_header_correlation: everything has the whole header of its request"""
        reply = self.front.run("console.log('hello')")
        parents = [m["parent_header"] for _, m in self.front.caused[reply["id"]]]
        self.assertEqual(len(parents), 5)
        for parent in parents:
            self.assertEqual(parent, parents[0])
            self.assertEqual((parent["msg_type"], parent["session"]), ("execute_request", self.front.client.session.session))

    def test_shutdown_reply(self):
        """shutdown_reply: and the kernel terminates cleanly"""
        manager, client = start_new_kernel(kernel_name="gradbook", startup_timeout=60)
        try:
            front = FrontEnd(client=client)
            reply = front.ask("shutdown_request", {"restart": False}, "control")
            self.assertEqual(reply, {"status": "ok", "restart": False})
            process = manager.provisioner.process
            self.assertEqual(process.wait(timeout=20), 0)
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)


# Shared by the modules, and no test of its own.
del WithKernel
