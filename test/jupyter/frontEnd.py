"""A front end for tests: it validates every message that comes, and keeps together what belongs to one request."""

import time
import unittest
from collections import defaultdict

import zmq
from jupyter_client import BlockingKernelClient
from jupyter_client.manager import start_new_kernel
from jupyter_kernel_test.msgspec_v5 import get_error_reply_validator, schema_fragments, validate_message

# A kernel that has not answered for so long never will, also on a machine with much else to do.
PATIENCE = 25


class FrontEnd:
    """One client of a kernel. `client`: started; by default another one of the kernel with this connection file."""

    def __init__(self, connection_file=None, client=None):
        if client is None:
            client = BlockingKernelClient(connection_file=connection_file)
            client.load_connection_file()
            client.start_channels(hb=False)
        self.client = client
        # Everything that came because of a request, in order of arrival, each with its channel.
        self.caused = defaultdict(list)
        # In order of arrival.
        self.ids = {}
        self.sockets = {
            getattr(client, f"{name}_channel").socket: name for name in ("shell", "control", "iopub", "stdin")
        }
        self.poller = zmq.Poller()
        for socket in self.sockets:
            self.poller.register(socket, zmq.POLLIN)

    def close(self):
        self.client.stop_channels()

    def send(self, msg_type, content, channel="shell", parent=None, header=None, metadata=None):
        """Sends a message as it is given, and returns its id."""
        session = self.client.session
        message = session.msg(msg_type, content, parent=parent, metadata=metadata)
        message["header"].update(header or {})
        session.send(getattr(self.client, f"{channel}_channel").socket, message)
        return message["header"]["msg_id"]

    def read(self, timeout):
        """Takes in what has come, or what comes first within `timeout` seconds. False: nothing came."""
        ready = dict(self.poller.poll(timeout * 1000))
        for socket in ready:
            _, message = self.client.session.recv(socket, mode=0)
            self.check(message)
            self.caused[message["parent_header"].get("msg_id")].append((self.sockets[socket], message))
        return bool(ready)

    def check(self, message):
        msg_id, msg_type = message["header"]["msg_id"], message["header"]["msg_type"]
        if msg_id in self.ids:
            raise AssertionError(f"the id {msg_id} of {msg_type} came a second time")
        self.ids[msg_id] = msg_type
        content = message["content"]
        if content.get("status") == "error":
            get_error_reply_validator(5).validate(content)
        elif msg_type == "input_request":
            # The validator wants a number, and the specification a bool.
            assert isinstance(content["prompt"], str) and isinstance(content["password"], bool), content
        elif msg_type in schema_fragments:
            validate_message(message, msg_type)

    def until(self, is_there, what):
        """Reads until `is_there()` gives something."""
        end = time.monotonic() + PATIENCE
        while True:
            found = is_there()
            if found:
                return found
            if time.monotonic() > end:
                came = [f"{c} {m['header']['msg_type']} {m['content']}"[:200] for all in self.caused.values() for c, m in all[-5:]]
                raise AssertionError(f"waited in vain for {what}; came:\n" + "\n".join(came))
            self.read(0.5)

    def reply(self, msg_id):
        """The reply to a request. There is one."""
        def found():
            return [m for c, m in self.caused[msg_id] if c in ("shell", "control")]
        (reply,) = self.until(found, f"the reply to {msg_id}")
        return reply

    def published(self, msg_id, msg_type=None):
        """What was published for a request, up to idle; with `msg_type` the contents of those."""
        def ended():
            return any(m["content"].get("execution_state") == "idle" for c, m in self.caused[msg_id] if c == "iopub")
        self.until(ended, f"idle of {msg_id}")
        messages = [m for c, m in self.caused[msg_id] if c == "iopub"]
        return [m["content"] for m in messages if m["header"]["msg_type"] == msg_type] if msg_type else messages

    def saw(self, msg_id, text, name="stdout"):
        """Waits until a stream of a request has held the text."""
        self.until(lambda: text in self.text(msg_id, name), f"{text!r} of {msg_id}")

    def text(self, msg_id, name="stdout"):
        streams = [m["content"] for _, m in self.caused[msg_id] if m["header"]["msg_type"] == "stream"]
        return "".join(s["text"] for s in streams if s["name"] == name)

    def start(self, code, **more):
        """Starts a cell and returns the id of its request."""
        content = dict(code=code, silent=False, store_history=True, user_expressions={}, allow_stdin=False, stop_on_error=True)
        return self.send("execute_request", {**content, **more})

    def ask(self, msg_type, content=None, channel="shell", **more):
        """Sends a request and returns the content of its reply, after idle."""
        msg_id = self.send(msg_type, content or {}, channel, **more)
        self.published(msg_id)
        return self.reply(msg_id)["content"]

    def run(self, code, **more):
        """Runs a cell to its end and returns the content of its reply, with `id` beside."""
        msg_id = self.start(code, **more)
        self.published(msg_id)
        return {"id": msg_id, **self.reply(msg_id)["content"]}

    def question(self, msg_id):
        """The input request of a cell."""
        def found():
            return [m for c, m in self.caused[msg_id] if c == "stdin"]
        return self.until(found, f"an input request of {msg_id}")[-1]

    def answer(self, value):
        """Answers as jupyter_client does: nothing says which question is meant."""
        return self.send("input_reply", {"value": value}, "stdin")


class WithKernel(unittest.TestCase):
    """Tests that share a kernel, each with a front end of its own."""

    @classmethod
    def setUpClass(cls):
        cls.manager, cls.first = start_new_kernel(kernel_name="gradbook", startup_timeout=60)

    @classmethod
    def tearDownClass(cls):
        cls.first.stop_channels()
        cls.manager.shutdown_kernel(now=True)

    def setUp(self):
        self.front = self.connect()

    def connect(self):
        front = FrontEnd(self.manager.connection_file)
        self.addCleanup(front.close)
        # The greeting says that the subscription is there.
        front.until(lambda: front.caused[None], "iopub_welcome")
        return front
