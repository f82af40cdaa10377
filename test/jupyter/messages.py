"""Single messages: what they hold, what they must not do, and what nonsense in them leads to."""

from frontEnd import WithKernel


class HistoryTests(WithKernel):
    def history(self, **wanted):
        content = {"output": False, "raw": True, **wanted}
        return self.front.ask("history_request", content)["history"]

    def test_history(self):
        """history has the last cells, ranges and searches, with and without outputs"""
        first = self.front.run("'eins'")["execution_count"]
        for code in ("const zwei = 2;", "'eins'", "'dr😀i'"):
            self.front.run(code)
        self.front.run("'unstored'", store_history=False)
        self.assertEqual(self.history(hist_access_type="tail", n=2), [[0, first + 2, "'eins'"], [0, first + 3, "'dr😀i'"]])
        self.assertEqual(self.history(hist_access_type="tail", n=0), [])
        with_output = self.history(hist_access_type="range", session=0, start=first, stop=first + 2, output=True)
        self.assertEqual(with_output, [[0, first, ["'eins'", "'eins'"]], [0, first + 1, ["const zwei = 2;", None]]])
        self.assertEqual(self.history(hist_access_type="range", session=-1, start=0, stop=None), [])
        self.assertEqual(self.history(hist_access_type="search", pattern="'e*"), [[0, first, "'eins'"], [0, first + 2, "'eins'"]])
        self.assertEqual(self.history(hist_access_type="search", pattern="'e*", unique=True), [[0, first + 2, "'eins'"]])
        self.assertEqual(self.history(hist_access_type="search", pattern="'dr?i'"), [[0, first + 3, "'dr😀i'"]])
        self.assertEqual(self.history(hist_access_type="search", pattern="'*'", n=1), [[0, first + 3, "'dr😀i'"]])


class EditorTests(WithKernel):
    def test_complete(self):
        """complete knows the variables of cells that ran, and says what it replaces and what each match is"""
        self.front.run("const trainingData = { images: [1], labels: [2] };")
        reply = self.front.ask("complete_request", {"code": "trainingData.im + 1", "cursor_pos": 15})
        self.assertEqual((reply["matches"], reply["cursor_start"], reply["cursor_end"]), (["images"], 13, 15))
        self.assertEqual(reply["metadata"]["_jupyter_types_experimental"][0]["type"], "property")
        self.assertEqual(self.front.ask("complete_request", {"code": "nowhere.", "cursor_pos": 8})["matches"], [])
        # Beyond the end: the end is meant.
        self.assertIn("trainingData", self.front.ask("complete_request", {"code": "train", "cursor_pos": 900})["matches"])

    def test_inspect(self):
        """inspect shows type and documentation, and says found: false where nothing is"""
        self.front.run("/** Doubles a number. */\nfunction twice(x: number) { return 2 * x; }")
        found = self.front.ask("inspect_request", {"code": "twice(1)", "cursor_pos": 2, "detail_level": 1})
        self.assertTrue(found["found"])
        self.assertIn("twice(x: number): number", found["data"]["text/plain"])
        self.assertIn("Doubles a number.", found["data"]["text/plain"])
        self.assertIn("text/markdown", found["data"])
        missed = self.front.ask("inspect_request", {"code": "  ", "cursor_pos": 1})
        self.assertEqual((missed["found"], missed["data"]), (False, {}))

    def test_no_code_runs(self):
        """complete and inspect run nothing of the user: no getter, no proxy, no call"""
        self.front.run("""
            globalThis.touched = [];
            const trap = new Proxy({ a: 1 }, { get: (_, k) => touched.push(k), ownKeys: () => (touched.push("keys"), []) });
            const getter = { get value() { touched.push("getter"); return { deep: 1 }; } };
            const make = () => touched.push("call");
        """)
        for code in ("trap.", "getter.value.", "make().", "getter.val", "(touched.push('text'), trap)."):
            self.front.ask("complete_request", {"code": code, "cursor_pos": len(code)})
            self.front.ask("inspect_request", {"code": code, "cursor_pos": len(code) - 1, "detail_level": 1})
        (result,) = self.front.published(self.front.run("touched.length")["id"], "execute_result")
        self.assertEqual(result["data"]["text/plain"], "0")

    def test_no_waiting(self):
        """all that needs no user code is answered while a cell computes, and the kernel is said to be busy all the while"""
        running = self.front.start("const during = { one: 1 }; console.log('begun'); while (true) {}")
        self.front.saw(running, "begun")
        reply = self.front.ask("complete_request", {"code": "during.", "cursor_pos": 7})
        self.assertEqual(reply["matches"], ["one"])
        self.assertTrue(self.front.ask("inspect_request", {"code": "during", "cursor_pos": 3, "detail_level": 0})["found"])
        self.assertEqual(self.front.ask("is_complete_request", {"code": "f("})["status"], "incomplete")
        for msg_type in ("kernel_info_request", "comm_info_request"):
            self.assertEqual(self.front.ask(msg_type)["status"], "ok")
        self.front.ask("history_request", {"hist_access_type": "tail", "n": 1, "output": False, "raw": True})
        self.assertEqual([c for c, _ in self.front.caused[running] if c == "shell"], [])

        def says_busy():
            states = [m for all in self.front.caused.values() for c, m in all if m["header"]["msg_type"] == "status"]
            latest = max(states, key=lambda m: m["header"]["date"])
            return latest["content"]["execution_state"] == "busy"

        self.front.until(says_busy, "busy as the latest state")
        self.front.ask("interrupt_request", channel="control")
        self.assertEqual(self.front.reply(running)["content"]["ename"], "Interrupted")


class InputTests(WithKernel):
    def value(self, msg_id):
        (result,) = self.front.published(msg_id, "execute_result")
        return result["data"]["text/plain"]

    def test_allowed(self):
        """a question goes to stdin with its prompt, and its answer into the cell; a password is marked as one"""
        for code in ("await input('Name? ')", "prompt('Name? ')"):
            with self.subTest(code=code):
                cell = self.front.start(code, allow_stdin=True)
                question = self.front.question(cell)
                self.assertEqual(question["content"], {"prompt": "Name? ", "password": False})
                self.assertEqual(question["parent_header"]["msg_id"], cell)
                self.front.answer("Grüße 😀")
                self.assertEqual(self.value(cell), "'Grüße 😀'")
        cell = self.front.start("await input('Key? ', { password: true })", allow_stdin=True)
        self.assertIs(self.front.question(cell)["content"]["password"], True)
        self.front.answer("secret")
        self.assertEqual(self.value(cell), "'secret'")

    def test_denied(self):
        """without allow_stdin nobody is asked: the cell has an error that says so, whether it is false or left out"""
        denied = self.front.run("await input('Name? ')", allow_stdin=False)
        left_out = self.front.ask("execute_request", {"code": "await input('Name? ')"})
        for reply in (denied, left_out):
            self.assertEqual(reply["status"], "error")
            self.assertIn("nobody can answer here", reply["evalue"])
        self.assertEqual([m for all in self.front.caused.values() for c, m in all if c == "stdin"], [])

    def test_two_front_ends(self):
        """each front end gets the questions of its own cells, and only its own answers count"""
        other = self.connect()
        ours = self.front.start("await input('ours? ')", allow_stdin=True)
        self.front.question(ours)
        theirs = other.start("await input('theirs? ')", allow_stdin=True)
        other.answer("not yours to say")
        self.front.answer("1")
        self.assertEqual(self.value(ours), "'1'")
        self.assertEqual(other.question(theirs)["content"]["prompt"], "theirs? ")
        self.front.answer("not yours either")
        other.answer("2")
        (result,) = other.published(theirs, "execute_result")
        self.assertEqual(result["data"]["text/plain"], "'2'")
        prompts = [m["content"]["prompt"] for all in self.front.caused.values() for c, m in all if c == "stdin"]
        self.assertEqual(prompts, ["ours? "])

    def test_interrupted(self):
        """an interrupt ends a question, and an answer that comes late is not taken for the answer to the next one"""
        for code in ("await input('first? ')", "prompt('first? ')"):
            with self.subTest(code=code):
                first = self.front.start(code, allow_stdin=True)
                question = self.front.question(first)
                self.front.ask("interrupt_request", channel="control")
                self.assertEqual(self.front.reply(first)["content"]["ename"], "Interrupted")
                second = self.front.start("await input('second? ')", allow_stdin=True)
                self.front.question(second)
                self.front.send("input_reply", {"value": "late"}, "stdin", parent=question)
                self.front.answer("in time")
                self.assertEqual(self.value(second), "'in time'")

    def test_nonsense(self):
        """an answer without a value fails the cell that asked"""
        cell = self.front.start("await input('? ')", allow_stdin=True)
        self.front.question(cell)
        self.front.send("input_reply", {}, "stdin")
        reply = self.front.reply(cell)["content"]
        self.assertEqual(reply["status"], "error")
        self.assertIn("value is missing", reply["evalue"])


class NonsenseTests(WithKernel):
    def test_contents(self):
        """nonsense in a request gets an error reply that names the field, and the kernel goes on"""
        whole = {
            "execute_request": {"code": "1", "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False},
            "complete_request": {"code": "a", "cursor_pos": 0},
            "inspect_request": {"code": "a", "cursor_pos": 0, "detail_level": 0},
            "is_complete_request": {"code": "a"},
            "history_request": {"hist_access_type": "tail", "n": 1, "pattern": "*", "unique": False, "session": 0, "start": 0},
            "comm_info_request": {"target_name": "a"},
            "delete_subshell_request": {"subshell_id": "a"},
        }
        for msg_type, content in whole.items():
            for name in content:
                for value in ([], {"a": 1}, -1.5, "nonsense", True, 10**30):
                    if type(value) is type(content[name]) or (msg_type, name, value) == ("history_request", "session", 0):
                        continue
                    with self.subTest(msg_type=msg_type, name=name, value=value):
                        reply = self.front.ask(msg_type, {**content, name: value})
                        self.assertEqual((reply["status"], reply["ename"]), ("error", "TypeError"))
                        self.assertRegex(reply["evalue"], f"^{msg_type}: {name} must be .+, got ")
        for msg_type, needed in (("execute_request", "code"), ("complete_request", "code"), ("history_request", "hist_access_type")):
            reply = self.front.ask(msg_type, {})
            self.assertRegex(reply["evalue"], f"^{msg_type}: {needed} is missing")
        self.assertEqual(self.front.ask("shutdown_request", {"restart": "no"}, "control")["status"], "error")
        self.assertEqual(self.front.run("1 + 1")["status"], "ok")

    def test_headers_and_metadata(self):
        """headers and metadata that nobody expects do no harm"""
        request = {"code": "1 + 1", "silent": False}
        for header in ({"session": 7}, {"username": None}, {"version": []}, {"date": "soon"}, {"more": {"deep": []}}):
            with self.subTest(header=header):
                self.assertEqual(self.front.ask("execute_request", request, header=header)["status"], "ok")
        for metadata in ({"cellId": 7}, {"cellId": {}}, {"__proto__": {"a": 1}}, {"deletedCells": "x"}):
            with self.subTest(metadata=metadata):
                self.assertEqual(self.front.ask("execute_request", request, metadata=metadata)["status"], "ok")
        self.assertEqual(self.front.ask("execute_request", request, header={"subshell_id": 7})["ename"], "UnknownSubshell")

    def test_texts(self):
        """no text of a cell breaks the wire: halves of characters, nulls, a megabyte, JSON's own signs"""
        for code in ("'\\ud800'", "'\\0'", "'\\u2028'", "'<IDS|MSG>'", "'a'.repeat(1e6).length", "'\"}\\\\'"):
            with self.subTest(code=code):
                reply = self.front.run(f"console.log({code}); {code}")
                self.assertEqual(reply["status"], "ok")
        long = "// " + "x" * 1_000_000
        self.assertEqual(self.front.run(long)["status"], "ok")


class TwoFrontEndTests(WithKernel):
    def test_both(self):
        """two front ends share variables and see each other's outputs, and each gets the replies to its own requests"""
        other = self.connect()
        ours = self.front.run("globalThis.shared = 1; console.log('ours')")
        theirs = other.run("shared += 1; console.log('theirs'); shared")
        for front in (self.front, other):
            front.saw(ours["id"], "ours")
            front.saw(theirs["id"], "theirs")
        self.assertEqual(other.published(theirs["id"], "execute_result")[0]["data"]["text/plain"], "2")
        self.assertEqual([c for c, _ in self.front.caused[theirs["id"]] if c != "iopub"], [])
        self.assertEqual([c for c, _ in other.caused[ours["id"]] if c != "iopub"], [])

    def test_late(self):
        """a front end that comes in the middle of a flood is greeted before it sees anything else"""
        flood = self.front.start("for (;;) { display.html('x'.repeat(1000)); await new Promise((r) => setTimeout(r, 1)); }")
        self.front.until(lambda: len(self.front.caused[flood]) > 3, "the flood")
        for _ in range(3):
            late = self.connect()
            late.until(lambda: late.caused[flood], "the flood")
            self.assertEqual(list(late.ids.values())[0], "iopub_welcome")
        self.front.ask("interrupt_request", channel="control")
        self.assertEqual(self.front.reply(flood)["content"]["status"], "error")

    def test_same_moment(self):
        """requests of two front ends at the same moment all get their replies, and cells run one after the other"""
        other = self.connect()
        code = "globalThis.inside ??= 0; inside += 1; const n = inside; await new Promise((r) => setTimeout(r, 2)); inside -= 1; n"
        cells = [(front, front.start(code)) for _ in range(20) for front in (self.front, other)]
        for front, msg_id in cells:
            self.assertEqual(front.reply(msg_id)["content"]["status"], "ok")
            self.assertEqual(front.published(msg_id, "execute_result")[0]["data"]["text/plain"], "1")
        counts = [front.reply(msg_id)["content"]["execution_count"] for front, msg_id in cells]
        self.assertEqual(len(set(counts)), len(counts))


# Shared by the modules, and no test of its own.
del WithKernel
