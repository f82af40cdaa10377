"""debug_request: breakpoints, frames, variables and steps, by the messages that JupyterLab's debugger sends."""

import unittest

from jupyter_client.manager import start_new_kernel

WAIT = 30

CELL = """const factor: number = 10;
let total = 0;
const add = (x: number): number => {
  const scaled = x * factor;
  total += scaled;
  return scaled;
};
for (let i = 1; i <= 2; i++) {
  const part: number = add(i);
  console.log(part);
}
total"""


class DebugTests(unittest.TestCase):
    seconds = 90

    def setUp(self):
        self.manager, self.client = start_new_kernel(kernel_name="gradbook")
        self.seq = 0
        self.events, self.outputs, self.idle = [], {}, set()

    def tearDown(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def response(self, command, **arguments):
        self.seq += 1
        content = {"type": "request", "seq": self.seq, "command": command, "arguments": arguments}
        message = self.client.session.msg("debug_request", content)
        self.client.control_channel.send(message)
        reply = self.client.control_channel.get_msg(timeout=WAIT)
        self.assertEqual(reply["parent_header"]["msg_id"], message["header"]["msg_id"])
        response = reply["content"]
        self.assertEqual((response["type"], response["command"]), ("response", command))
        self.assertEqual(response["request_seq"], self.seq)
        return response

    def body(self, command, **arguments):
        response = self.response(command, **arguments)
        self.assertTrue(response["success"], response)
        return response["body"]

    def read(self):
        message = self.client.get_iopub_msg(timeout=WAIT)
        parent = message["parent_header"].get("msg_id")
        self.outputs.setdefault(parent, []).append(message)
        if message["msg_type"] == "debug_event":
            self.events.append(message["content"])
        if message["content"].get("execution_state") == "idle":
            self.idle.add(parent)

    def event(self, name):
        """The next event of that name; those before it are dropped."""
        while True:
            while self.events:
                event = self.events.pop(0)
                if event["event"] == name:
                    return event["body"]
            self.read()

    def start(self):
        body = self.body("initialize", clientID="test", adapterID="gradbook", pathFormat="path", linesStartAt1=True)
        self.assertTrue(body["supportsConfigurationDoneRequest"])
        self.body("attach")
        self.event("initialized")
        return self.body("debugInfo")

    def break_at(self, code, *lines, **more):
        path = self.body("dumpCell", code=code)["sourcePath"]
        wanted = [{"line": line, **more} for line in lines]
        found = self.body("setBreakpoints", source={"path": path}, breakpoints=wanted, sourceModified=False)
        self.body("configurationDone")
        self.assertTrue(all(each["verified"] for each in found["breakpoints"]))
        return path, [each["line"] for each in found["breakpoints"]]

    def run_to_end(self, code):
        request = self.client.execute(code)
        return request, self.reply(request)

    def reply(self, request):
        while True:
            reply = self.client.get_shell_msg(timeout=WAIT)
            if reply["parent_header"]["msg_id"] == request:
                while request not in self.idle:
                    self.read()
                return reply["content"]

    def text_of(self, request):
        messages = self.outputs.get(request, [])
        texts = [m["content"]["text"] for m in messages if m["msg_type"] == "stream"]
        results = [m["content"]["data"]["text/plain"] for m in messages if m["msg_type"] == "execute_result"]
        return "".join(texts + results)

    def frames(self):
        return self.body("stackTrace", threadId=1)["stackFrames"]

    def listed(self, reference):
        return {each["name"]: each for each in self.body("variables", variablesReference=reference)["variables"]}

    def scopes(self, frame):
        return {each["name"]: self.listed(each["variablesReference"]) for each in self.body("scopes", frameId=frame["id"])["scopes"]}

    def stopped_at(self, line):
        body = self.event("stopped")
        self.assertEqual(body["threadId"], 1)
        frames = self.frames()
        self.assertEqual(frames[0]["line"], line, frames)
        return body, frames

    def test_info(self):
        """debugInfo tells how cells are named, what is set and what stands still, before anything is started"""
        self.client.kernel_info()
        while True:
            info = self.client.get_shell_msg(timeout=WAIT)["content"]
            if "supported_features" in info:
                break
        self.assertTrue(info["debugger"])
        self.assertIn("debugger", info["supported_features"])
        body = self.body("debugInfo")
        self.assertFalse(body["isStarted"])
        self.assertEqual((body["hashMethod"], body["breakpoints"], body["stoppedThreads"]), ("Murmur2", [], []))
        path, _ = self.break_at("1;\n2;", 2)
        self.assertTrue(path.startswith(body["tmpFilePrefix"]) and path.endswith(body["tmpFileSuffix"]))
        self.assertEqual(self.body("debugInfo")["breakpoints"], [{"source": path, "breakpoints": [{"line": 2}]}])
        self.assertEqual(self.body("source", source={"path": path})["content"], "1;\n2;")

    def test_breakpoint(self):
        """a breakpoint in a cell's TypeScript is hit; frames, variables and steps are the user's; continue ends it"""
        self.start()
        path, lines = self.break_at(CELL, 4, 10)
        self.assertEqual(lines, [4, 10])
        request = self.client.execute(CELL)
        stopped, frames = self.stopped_at(4)
        self.assertEqual(stopped["reason"], "breakpoint")
        self.assertEqual([(f["name"], f["line"], f["source"]["path"]) for f in frames], [("add", 4, path), ("Cell", 9, path)])
        self.assertEqual(self.body("debugInfo")["stoppedThreads"], [1])

        inner, outer = self.scopes(frames[0]), self.scopes(frames[1])
        self.assertEqual((inner["Locals"]["x"]["value"], inner["Locals"]["x"]["type"]), ("1", "number"))
        self.assertEqual(inner["Locals"]["scaled"]["value"], "not initialised")
        self.assertEqual(inner["Session"]["total"]["value"], "0")
        self.assertEqual(outer["Locals"]["i"]["value"], "1")
        self.assertEqual(outer["Locals"]["factor"]["value"], "10")
        self.assertFalse([name for scope in [inner, outer] for names in scope.values() for name in names if name.startswith("$")])

        self.body("next", threadId=1)
        self.stopped_at(5)
        evaluated = self.body("evaluate", expression="scaled + factor + total", frameId=1, context="repl")
        self.assertEqual(evaluated["result"], "20")
        self.assertIn("nowhere is not defined", self.response("evaluate", expression="nowhere", frameId=1)["message"])
        self.body("stepOut", threadId=1)
        stopped, frames = self.stopped_at(10)
        self.assertEqual(self.scopes(frames[0])["Locals"]["part"]["value"], "10")
        self.body("setBreakpoints", source={"path": path}, breakpoints=[])
        self.body("continue", threadId=1)
        self.event("continued")
        self.assertEqual(self.reply(request)["status"], "ok")
        self.assertEqual(self.text_of(request), "10\n20\n30")
        self.assertEqual(self.body("debugInfo")["stoppedThreads"], [])

    def test_step_in(self):
        """a step into a function of an earlier cell, over awaits, and through lines that nobody wrote"""
        self.start()
        first = "const twice = (x: number) => {\n  const y = x * 2;\n  return y;\n};"
        second = "const a = twice(4);\nfor (let i = 0; i < 2; i++) {\n  await new Promise((r) => setTimeout(r, 1));\n}\nconst b = 1;"
        first_path = self.body("dumpCell", code=first)["sourcePath"]
        self.run_to_end(first)
        path, _ = self.break_at(second, 1)
        request = self.client.execute(second)
        self.stopped_at(1)
        self.body("stepIn", threadId=1)
        _, frames = self.stopped_at(2)
        self.assertEqual(frames[0]["source"]["path"], first_path)
        self.body("stepOut", threadId=1)
        _, frames = self.stopped_at(1)
        self.assertEqual(frames[0]["source"]["path"], path)
        seen = []
        while "b" not in seen:
            self.body("next", threadId=1)
            self.event("stopped")
            line = self.frames()[0]["line"]
            self.assertLess(len(seen), 20, seen)
            seen.append("b" if line == 5 else line)
        self.assertTrue(seen.index(2) < seen.index(3) < len(seen) - 1, seen)
        self.body("continue", threadId=1)
        self.assertEqual(self.reply(request)["status"], "ok")

    def test_values(self):
        """values open level by level, are shown as a cell shows them, and can be changed and copied to the session"""
        self.start()
        self.run_to_end("const table = new Map([['a', { deep: [1, 2, 3] }]]); let level = 1;")
        variables = {each["name"]: each for each in self.body("inspectVariables")["variables"]}
        self.assertEqual(sorted(variables), ["level", "table"])
        entry = list(self.listed(variables["table"]["variablesReference"]).values())[0]
        deep = self.listed(entry["variablesReference"])["deep"]
        self.assertEqual([each["value"] for each in self.listed(deep["variablesReference"]).values()][:3], ["1", "2", "3"])
        self.assertEqual(self.body("richInspectVariables", variableName="level")["data"]["text/plain"], "1")

        code = "const use = (n: number) => {\n  const local = [n, level];\n  return local;\n};\nuse(7)"
        self.break_at(code, 3)
        request = self.client.execute(code)
        _, frames = self.stopped_at(3)
        rich = self.body("richInspectVariables", variableName="local", frameId=frames[0]["id"])
        self.assertEqual(rich["data"]["text/plain"], "[ 7, 1 ]")
        scopes = {each["name"]: each["variablesReference"] for each in self.body("scopes", frameId=frames[0]["id"])["scopes"]}
        self.body("setVariable", variablesReference=scopes["Locals"], name="n", value="8")
        self.assertEqual(self.listed(scopes["Locals"])["n"]["value"], "8")
        self.body("setVariable", variablesReference=scopes["Session"], name="level", value="5")
        self.body("setVariable", variablesReference=self.listed(scopes["Locals"])["local"]["variablesReference"], name="[0]", value="70")
        self.body("copyToGlobals", srcVariableName="local", dstVariableName="kept", srcFrameId=frames[0]["id"])
        self.body("continue", threadId=1)
        self.assertEqual(self.reply(request)["status"], "ok")
        self.assertEqual(self.text_of(request), "[ 70, 1 ]")
        request, reply = self.run_to_end("[...kept, level]")
        self.assertEqual(self.text_of(request), "[ 70, 1, 5 ]")

    def test_conditions(self):
        """conditions, hit counts and log points; a line without code moves to the next one that has some"""
        self.start()
        code = "let n = 0;\n// a comment\nfor (let i = 0; i < 5; i++) {\n\n  n += i;\n}\nn"
        path, _ = self.break_at(code, 4, condition="i === 3")
        request = self.client.execute(code)
        _, frames = self.stopped_at(5)
        self.assertEqual(self.scopes(frames[0])["Locals"]["n"]["value"], "3")
        self.assertEqual(self.body("debugInfo")["breakpoints"][0]["breakpoints"][0]["line"], 5)
        self.body("continue", threadId=1)
        self.assertEqual(self.reply(request)["status"], "ok")
        self.break_at(code, 5, hitCondition="== 2")
        request = self.client.execute(code)
        _, frames = self.stopped_at(5)
        self.assertEqual(self.scopes(frames[0])["Locals"]["i"]["value"], "1")
        self.body("continue", threadId=1)
        self.reply(request)
        self.break_at(code, 5, logMessage="i is {i}")
        request, reply = self.run_to_end(code)
        self.assertEqual(self.text_of(request), "".join(f"i is {i}\n" for i in range(5)) + "10")

    def test_exceptions(self):
        """the debugger stops where an error is thrown, when it is asked to"""
        self.start()
        self.body("setExceptionBreakpoints", filters=["all"])
        code = "const fail = () => {\n  throw new Error('on purpose');\n};\ntry { fail(); } catch {}"
        self.body("dumpCell", code=code)
        request = self.client.execute(code)
        stopped, _ = self.stopped_at(2)
        self.assertEqual(stopped["reason"], "exception")
        self.assertIn("on purpose", stopped["text"])
        self.body("continue", threadId=1)
        self.assertEqual(self.reply(request)["status"], "ok")

    def test_pause_and_interrupt(self):
        """pause stops a loop; an interrupt ends a cell that stands still, and the debugger goes on debugging"""
        self.start()
        request = self.client.execute("let n = 0;\nconsole.log('begun');\nwhile (true) {\n  n++;\n}")
        while "begun" not in self.text_of(request):
            self.read()
        self.body("pause", threadId=1)
        self.event("stopped")
        self.assertIn(self.frames()[0]["line"], [3, 4])
        self.client.control_channel.send(self.client.session.msg("interrupt_request", {}))
        self.client.control_channel.get_msg(timeout=WAIT)
        self.event("continued")
        self.assertEqual(self.reply(request)["ename"], "Interrupted")
        code = "while (true) {\n  n++;\n}"
        self.break_at(code, 2)
        request = self.client.execute(code)
        self.stopped_at(2)
        self.client.control_channel.send(self.client.session.msg("interrupt_request", {}))
        self.client.control_channel.get_msg(timeout=WAIT)
        self.assertEqual(self.reply(request)["ename"], "Interrupted")
        request, _ = self.run_to_end("n > 0")
        self.assertEqual(self.text_of(request), "true")
        self.break_at("n = 1;", 1)
        request = self.client.execute("n = 1;")
        self.stopped_at(1)
        self.body("continue", threadId=1)
        self.assertEqual(self.reply(request)["status"], "ok")

    def test_disconnect(self):
        """who disconnects lets the cell go on, and nothing stops any more; who comes back finds nothing set"""
        self.start()
        code = "for (let i = 0; i < 3; i++) {\n  console.log(i);\n}"
        self.break_at(code, 2)
        request = self.client.execute(code)
        self.stopped_at(2)
        self.body("disconnect", restart=False, terminateDebuggee=False)
        self.event("terminated")
        self.assertEqual(self.reply(request)["status"], "ok")
        self.assertEqual(self.text_of(request), "0\n1\n2\n")
        self.assertFalse(self.body("debugInfo")["isStarted"])
        self.assertEqual(self.start()["breakpoints"], [])
        self.assertEqual(self.run_to_end(code)[1]["status"], "ok")

    def test_new_session(self):
        """a session that is lost is followed by one with the same breakpoints"""
        self.start()
        self.break_at("const x = 1;\nconst y = x;", 2)
        self.run_to_end("process.exit(3)")
        request = self.client.execute("const x = 1;\nconst y = x;")
        self.stopped_at(2)
        self.body("continue", threadId=1)
        self.assertEqual(self.reply(request)["status"], "ok")

    def test_unknown(self):
        """a command that nobody knows, and one at the wrong time, are responses that say so"""
        response = self.response("fly")
        self.assertEqual((response["success"], "knows no command" in response["message"]), (False, True))
        self.assertIn("no code is paused", self.response("next", threadId=1)["message"])
