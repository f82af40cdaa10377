"""Kernels that a test starts by itself, with a connection file of its own, to see how they begin and how they end."""
import hashlib
import hmac
import json
import os
import subprocess
import tempfile
import time
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path

import zmq
from jupyter_client import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from jupyter_client.kernelspec import get_kernel_spec

DELIMITER = b"<IDS|MSG>"
CHANNELS = ("shell", "control", "stdin", "hb", "iopub")
KINDS = {"shell": zmq.DEALER, "control": zmq.DEALER, "stdin": zmq.DEALER, "hb": zmq.REQ, "iopub": zmq.SUB}
# What a busy machine may take. Nothing waits this long unless it has failed.
PATIENCE = 20


def argv(file):
    return [part.format(connection_file=str(file)) for part in get_kernel_spec("gradbook").argv]


class Kernel:
    """A kernel process; its log is in a file, so that nobody has to read along."""

    def __init__(self, **connection):
        self.folder = tempfile.TemporaryDirectory(prefix="gb-")
        self.file = Path(self.folder.name, "kernel.json")
        if connection.get("transport") == "ipc":
            connection.setdefault("ip", str(Path(self.folder.name, "k")))
        write_connection_file(str(self.file), **{"key": b"a key", **connection})
        self.clients, self.sockets = [], []
        self.context = zmq.Context()

    def start(self, **env):
        self.log_file = open(Path(self.folder.name, "log"), "w+b")
        self.process = subprocess.Popen(
            argv(self.file),
            stdin=subprocess.DEVNULL,
            stdout=self.log_file,
            stderr=self.log_file,
            cwd=self.folder.name,
            env={**os.environ, "JPY_PARENT_PID": str(os.getpid()), **env},
        )
        return self

    @property
    def connection(self):
        return json.loads(self.file.read_text())

    @property
    def log(self):
        return Path(self.folder.name, "log").read_text()

    def wait_for_log(self, text):
        until(lambda: text in self.log, f"{text!r} in the log")

    def client(self):
        client = BlockingKernelClient(connection_file=str(self.file))
        client.load_connection_file()
        client.start_channels()
        self.clients.append(client)
        client.wait_for_ready(timeout=PATIENCE)
        return client

    def socket(self, channel, connection=None, **options):
        """A bare ZeroMQ socket that has connected to a channel."""
        found = connection or self.connection
        socket = self.context.socket(KINDS[channel])
        socket.linger = 0
        for name, value in options.items():
            setattr(socket, name, value)
        if channel == "iopub":
            socket.subscribe(b"")
        separator = "-" if found["transport"] == "ipc" else ":"
        socket.connect(f"{found['transport']}://{found['ip']}{separator}{found[channel + '_port']}")
        self.sockets.append(socket)
        return socket

    def ended(self):
        """Its exit code, once it has gone."""
        return self.process.wait(PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.stop_channels()
        for socket in self.sockets:
            socket.close()
        self.context.term()
        if hasattr(self, "process"):
            self.process.kill()
            self.process.wait()
            self.log_file.close()
        with suppress(OSError):
            self.folder.cleanup()


@contextmanager
def running(env=None, **connection):
    """A kernel and a client for which it is ready."""
    with Kernel(**connection) as kernel:
        kernel.start(**(env or {}))
        yield kernel, kernel.client()


def until(condition, what, seconds=PATIENCE):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.01)


def run(client, code, **options):
    """What a cell did: its reply's content, the text of its value, what it printed on both streams, all that it published."""
    published = []
    reply = client.execute_interactive(
        code, timeout=PATIENCE, output_hook=published.append, allow_stdin=False, **options
    )["content"]
    value = [m["content"]["data"]["text/plain"] for m in published if m["msg_type"] == "execute_result"]
    text = "".join(m["content"]["text"] for m in published if m["msg_type"] == "stream")
    return reply, value[0] if value else None, text, published


def value(client, code):
    reply, found, *_ = run(client, code)
    assert reply["status"] == "ok", reply
    return found


def request(msg_type, content=None, key=b"a key", session="raw", **header):
    """The frames of a request, signed; its id is the second thing that comes back."""
    own = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": msg_type,
        "session": session,
        "username": "u",
        "date": "2026-11-23T00:00:00Z",
        "version": "5.4",
        **header,
    }
    parts = [json.dumps(part).encode() for part in (own, {}, {}, content or {})]
    return frames(parts, key), own["msg_id"]


def frames(parts, key=b"a key"):
    signature = hmac.new(key, b"".join(parts), hashlib.sha256).hexdigest().encode() if key else b""
    return [DELIMITER, signature, *parts]


def execute(code, **options):
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
    return request("execute_request", content, **options)


def answer(socket, msg_id, seconds=PATIENCE):
    """The message type and the content of the reply to a request."""
    end = time.monotonic() + seconds
    while socket.poll(max(0, int((end - time.monotonic()) * 1000))):
        got = socket.recv_multipart()
        header, parent, _, content = (json.loads(part) for part in got[got.index(DELIMITER) + 2 :][:4])
        if parent.get("msg_id") == msg_id:
            return header["msg_type"], content
    raise AssertionError(f"no reply within {seconds} s")
