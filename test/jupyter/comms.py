"""Comms and widgets, as Jupyter's own client sees them."""

import json
import unittest
from queue import Empty

from jupyter_client.manager import start_new_kernel

TIMEOUT = 30


class CommTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.manager, cls.client = start_new_kernel(kernel_name="gradbook", startup_timeout=60)

    @classmethod
    def tearDownClass(cls):
        cls.client.stop_channels()
        cls.manager.shutdown_kernel()

    def setUp(self):
        # What came late, of requests before.
        self.others = []

    def tell(self, msg_type, content, buffers=None, metadata=None):
        """Sends a comm message on shell; gives what it caused, up to idle."""
        session = self.client.session
        message = session.msg(msg_type, {"data": {}, **content}, metadata=metadata)
        session.send(self.client.shell_channel.socket, message, buffers=buffers)
        return self.caused_by(message["header"]["msg_id"])

    def caused_by(self, msg_id):
        caused = []
        while True:
            message = self.client.get_iopub_msg(timeout=TIMEOUT)
            if message["parent_header"].get("msg_id") != msg_id:
                self.others.append(message)
                continue
            caused.append(message)
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return caused

    def run_cell(self, code):
        msg_id = self.client.execute(code)
        caused = self.caused_by(msg_id)
        errors = [m["content"]["traceback"] for m in caused if m["msg_type"] == "error"]
        self.assertEqual(errors, [])
        self.client.get_shell_msg(timeout=TIMEOUT)
        return caused

    def value(self, code):
        (result,) = [m for m in self.run_cell(code) if m["msg_type"] == "execute_result"]
        return result["content"]["data"]["text/plain"]

    def kinds(self, messages):
        return [m["msg_type"] for m in messages if m["msg_type"] != "status"]

    def updates(self, messages):
        return [(m["content"]["data"]["method"], m["content"]["data"].get("state")) for m in messages if m["msg_type"] == "comm_msg"]

    def make(self, code):
        """Makes a widget; gives its id and the states of all models that were opened for it, by id."""
        caused = self.run_cell(code)
        opened = {m["content"]["comm_id"]: m for m in caused if m["msg_type"] == "comm_open"}
        (shown,) = [m["content"]["data"] for m in caused if m["msg_type"] == "execute_result"]
        view = shown["application/vnd.jupyter.widget-view+json"]
        self.assertEqual({**view, "model_id": ""}, {"version_major": 2, "version_minor": 0, "model_id": ""})
        return view["model_id"], opened, shown

    def test_bytes_both_ways(self):
        """a comm of a front end: bytes come and go beside the data, and nothing replies on shell"""
        self.run_cell(
            'comms.register("echo", (comm, open) => { comm.send({ hello: open.data.name }, open.buffers);'
            " comm.onMessage(({ data, buffers }) => comm.send(data, buffers.map((b) => b.toReversed()))); })"
        )
        opened = self.tell("comm_open", {"comm_id": "c1", "target_name": "echo", "data": {"name": "Ada"}}, [b"\x00\xff"])
        self.assertEqual(self.kinds(opened), ["comm_msg"])
        (hello,) = [m for m in opened if m["msg_type"] == "comm_msg"]
        self.assertEqual(hello["content"], {"comm_id": "c1", "data": {"hello": "Ada"}})
        self.assertEqual([bytes(b) for b in hello["buffers"]], [b"\x00\xff"])
        (answer,) = [
            m for m in self.tell("comm_msg", {"comm_id": "c1", "data": {"n": 1}}, [b"abc", b""]) if m["msg_type"] == "comm_msg"
        ]
        self.assertEqual([bytes(b) for b in answer["buffers"]], [b"cba", b""])
        self.client.comm_info()
        reply = self.client.get_shell_msg(timeout=TIMEOUT)
        self.assertEqual(reply["content"]["comms"]["c1"], {"target_name": "echo"})
        self.tell("comm_close", {"comm_id": "c1"})
        self.client.comm_info("echo")
        self.assertEqual(self.client.get_shell_msg(timeout=TIMEOUT)["content"], {"status": "ok", "comms": {}})
        with self.assertRaises(Empty):
            self.client.get_shell_msg(timeout=0.1)

    def test_unknown_target(self):
        """a target that nobody has registered is closed at once"""
        caused = self.tell("comm_open", {"comm_id": "c2", "target_name": "nobody"})
        self.assertEqual(self.kinds(caused), ["comm_close"])

    def test_models_are_those_of_ipywidgets(self):
        """each widget's models have the properties of ipywidgets' own, and no others"""
        import ipywidgets

        for code, widget in [
            ("widget.slider({ min: 0, max: 10 })", ipywidgets.IntSlider),
            ("widget.slider({ min: 0, max: 1 })", ipywidgets.FloatSlider),
            ("widget.slider({ min: 1e-4, max: 1, log: true })", ipywidgets.FloatLogSlider),
            ('widget.button({ label: "b" })', ipywidgets.Button),
            ('widget.toggle({ label: "t" })', ipywidgets.ToggleButton),
        ]:
            model_id, opened, _ = self.make(code)
            theirs = json.loads(json.dumps(widget().get_state()))
            state = opened[model_id]["content"]["data"]["state"]
            self.assertEqual(set(state), set(theirs), code)
            for name in theirs:
                if name.startswith("_"):
                    self.assertEqual(state[name], theirs[name], (code, name))
                elif name not in ("layout", "style") and theirs[name] is not None:
                    self.assertIn(type(state[name]), (type(theirs[name]), int if type(theirs[name]) is float else None), (code, name))
            for name in ("layout", "style"):
                mine = opened[state[name].removeprefix("IPY_MODEL_")]["content"]["data"]["state"]
                theirs_of = getattr(widget(), name).get_state()
                self.assertEqual({k: mine[k] for k in mine if k.startswith("_")}, {k: theirs_of[k] for k in theirs_of if k.startswith("_")})
                self.assertLessEqual(set(mine), set(theirs_of))
            for message in opened.values():
                self.assertEqual(message["content"]["target_name"], "jupyter.widget")
                self.assertEqual(message["metadata"]["version"], "2.1.0")

    def test_states(self):
        """a change is echoed, a value that cannot be comes back as it was, and code's own change is sent"""
        model_id, _, shown = self.make('const s = widget.slider({ min: 0, max: 10, label: "<n>" }); s.onChange((v) => console.log("n =", v)); s')
        self.assertEqual(shown["text/html"], "<span>&lt;n&gt;: <b>5</b></span>")
        self.assertEqual(shown["text/plain"], "<n>: 5")

        def update(state, **more):
            return self.tell("comm_msg", {"comm_id": model_id, "data": {"method": "update", "state": state, **more}})

        caused = update({"value": 7}, buffer_paths=[])
        self.assertEqual(self.updates(caused), [("echo_update", {"value": 7})])
        self.assertEqual([m["content"]["text"] for m in caused if m["msg_type"] == "stream"], ["n = 7\n"])
        self.assertEqual(self.value("s.value"), "7")
        self.assertEqual(self.kinds(update({"value": 7})), ["comm_msg"])
        self.assertEqual(self.updates(update({"value": 70})), [("echo_update", {"value": 70}), ("update", {"value": 7})])
        self.assertEqual(self.updates(update({"_model_name": "Other", "nothing": 1})), [])
        (told,) = self.updates(self.run_cell("s.value = 3; void 0"))
        self.assertEqual(told, ("update", {"value": 3}))
        (whole,) = self.updates(self.tell("comm_msg", {"comm_id": model_id, "data": {"method": "request_state"}}))
        self.assertEqual((whole[0], whole[1]["value"], whole[1]["_model_name"]), ("update", 3, "IntSliderModel"))
        closed = self.run_cell("s.close(); void 0")
        self.assertEqual(self.kinds(closed), ["execute_input"] + ["comm_close"] * 3)

    def test_button(self):
        """a press is a custom message; handlers that await get every press, one after the other"""
        model_id, _, _ = self.make(
            'const b = widget.button({ label: "go" }); let inside = 0;'
            " b.onClick(async (n) => { inside++; await new Promise((r) => setTimeout(r, 20)); console.log(n, inside--); }); b"
        )
        click = {"comm_id": model_id, "data": {"method": "custom", "content": {"event": "click"}}}
        for _ in range(3):
            self.tell("comm_msg", click)
        printed = "".join(m["content"].get("text", "") for m in self.others)
        while printed.count("\n") < 3:
            printed += self.client.get_iopub_msg(timeout=TIMEOUT)["content"].get("text", "")
        self.assertEqual(printed, "1 1\n2 1\n3 1\n")

    def test_all_states(self):
        """a front end that comes late asks the control target for all models"""
        model_id, opened, _ = self.make('const t = widget.toggle({ label: "late", value: true }); t')
        self.assertEqual(self.kinds(self.tell("comm_open", {"comm_id": "control", "target_name": "jupyter.widget.control"}, metadata={"version": "1.0.0"})), [])
        (reply,) = [
            m for m in self.tell("comm_msg", {"comm_id": "control", "data": {"method": "request_states"}}) if m["msg_type"] == "comm_msg"
        ]
        data = reply["content"]["data"]
        self.assertEqual((data["method"], data["buffer_paths"]), ("update_states", []))
        self.assertLessEqual(set(opened), set(data["states"]))
        mine = data["states"][model_id]
        self.assertEqual(
            (mine["model_name"], mine["model_module"], mine["model_module_version"], mine["state"]["value"]),
            ("ToggleButtonModel", "@jupyter-widgets/controls", "2.0.0", True),
        )

    def test_front_end_without_widgets(self):
        """a front end that shows no widgets closes their comms: nothing breaks, and who waits for the user is told"""
        caused = self.run_cell("const w = widget.slider(); void 0")
        ids = [m["content"]["comm_id"] for m in caused if m["msg_type"] == "comm_open"]
        for comm_id in ids:
            self.assertEqual(self.kinds(self.tell("comm_close", {"comm_id": comm_id})), [])
        self.assertEqual(self.kinds(self.run_cell("w.value = 0.25; void 0")), ["execute_input"])
        self.assertEqual(self.value("w"), "0.25")
        self.assertIn("shows no widgets", self.value("await w.next().catch((e) => e.message)"))
