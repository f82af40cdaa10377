"""Who may talk to the kernel: signatures, replay, CurveZMQ, the connection file, addresses."""
import json
import os
import socket as network
import stat
import unittest
from pathlib import Path
from uuid import uuid4

import zmq
from running import Kernel, answer, execute, frames, request, run, running, until, value


class Signatures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = running()
        cls.kernel, cls.client = cls.context.__enter__()
        run(cls.client, "let executed: string[] = []")

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__(None, None, None)

    def sent_and_not_executed(self, frames):
        """The kernel answers the next good request of the same client, and has not executed what came before it."""
        socket = self.kernel.socket("shell")
        socket.send_multipart(frames)
        good, msg_id = request("kernel_info_request")
        socket.send_multipart(good)
        self.assertEqual(answer(socket, msg_id)[0], "kernel_info_reply")
        self.assertEqual(value(self.client, "executed"), "[]")

    def test_wrong_key(self):
        """nothing is executed that was signed with another key"""
        self.sent_and_not_executed(execute("executed.push('wrong key')", key=b"another")[0])

    def test_unsigned(self):
        """nothing is executed that was not signed"""
        self.sent_and_not_executed(execute("executed.push('unsigned')", key=b"")[0])

    def test_changed(self):
        """nothing is executed that was changed on its way"""
        changed, _ = execute("executed.pish('changed')")
        self.sent_and_not_executed([part.replace(b"pish", b"push") for part in changed])

    def test_truncated(self):
        """nothing is executed of a message that ends in the middle"""
        whole, _ = execute("executed.push('truncated')")
        for n in range(len(whole)):
            self.sent_and_not_executed(whole[:n] or [b""])

    def test_log(self):
        """a flood of forged messages is dropped, and does not fill the log"""
        socket = self.kernel.socket("control")
        forged, _ = execute("executed.push('flood')", key=b"another")
        for _ in range(3000):
            socket.send_multipart(forged)
        good, msg_id = request("kernel_info_request")
        socket.send_multipart(good)
        answer(socket, msg_id)
        self.assertEqual(value(self.client, "executed"), "[]")
        lines = [line for line in self.kernel.log.splitlines() if "on control: wrong signature" in line]
        self.assertTrue(1 <= len(lines) <= 10, f"{len(lines)} lines")
        self.assertNotIn("executed.push", self.kernel.log)

    def test_replay(self):
        """a message that comes a second time is executed once, whoever sends it and where"""
        once, msg_id = execute("globalThis.times = (globalThis.times ?? 0) + 1")
        first = self.kernel.socket("shell")
        first.send_multipart(once)
        self.assertEqual(answer(first, msg_id)[1]["status"], "ok")
        for channel in ("shell", "control"):
            thief = self.kernel.socket(channel)
            thief.send_multipart(once)
            good, msg_id = request("kernel_info_request")
            thief.send_multipart(good)
            answer(thief, msg_id)
        self.assertEqual(value(self.client, "globalThis.times"), "1")

    def test_malformed(self):
        """signed nonsense is dropped, and the next good request is answered"""
        code = b'{"code":"executed.push(\'nonsense\')"}'

        def with_header(**fields):
            own = {"msg_id": uuid4().hex, "msg_type": "execute_request", "session": "s", **fields}
            return frames([json.dumps(own).encode(), b"{}", b"{}", code])

        header = json.dumps({"msg_id": "m", "msg_type": "execute_request", "session": "s"}).encode()
        for nonsense in [
            frames([b"{}", b"{}", b"{}", code]),
            frames([header, b"[]", b"{}", code]),
            frames([header, b"{}", b"\xff", code]),
            frames([header, b"{}", b"{}", code[:-1]]),
            frames([header, b"{}", b"{}", b"[" * 100_000]),
            frames([header[:-1] + b',"x":"' + b"x" * 100_000 + b'"}', b"{}", b"{}", code]),
            with_header(msg_id=5),
            [b"x" * 300, *with_header()],
            [b"", *[b""] * 2000, *with_header()],
            with_header(msg_type="__proto__"),
            with_header(msg_type="constructor"),
            with_header(msg_type="no_such_request"),
        ]:
            self.sent_and_not_executed(nonsense)

    def test_huge_frame(self):
        """a frame without measure ends that client's connection, not the kernel"""
        socket = self.kernel.socket("shell")
        socket.send_multipart([b"x" * (65 * 2**20)])
        self.sent_and_not_executed([b"hello"])

    def test_content_of_any_kind(self):
        """a signed request whose content makes no sense gets an error, and the kernel goes on"""
        socket = self.kernel.socket("shell")
        for content in [{}, {"code": 5}, {"code": None}, {"code": {"a": 1}}, {"code": "1", "user_expressions": "x"}]:
            sent, msg_id = request("execute_request", content)
            socket.send_multipart(sent)
            self.assertEqual(answer(socket, msg_id)[0], "execute_reply", content)
        self.sent_and_not_executed([b""])


class Curve(unittest.TestCase):
    def keys(self):
        public, secret = zmq.curve_keypair()
        return {"curve_publickey": public, "curve_secretkey": secret}

    def test_channels(self):
        """with keys of CurveZMQ every channel works: shell, iopub, control, stdin, heartbeat; tcp and ipc"""
        for transport in ("tcp", "ipc"):
            with self.subTest(transport), running(transport=transport, **self.keys()) as (kernel, client):
                self.assertEqual(value(client, "6 * 7"), "42")
                until(client.hb_channel.is_beating, "a heartbeat")
                client.execute("await input('name? ')", allow_stdin=True)
                question = client.get_stdin_msg(timeout=20)
                self.assertEqual(question["content"]["prompt"], "name? ")
                client.input("me")
                client.shutdown()
                self.assertEqual(kernel.ended(), 0, kernel.log)

    def test_others_get_nothing(self):
        """a client without keys, or with a wrong one of the server, gets no byte on any channel, and nothing of it is executed"""
        keys = self.keys()
        wrong_public = zmq.curve_keypair()[0]
        own_public, own_secret = zmq.curve_keypair()
        wrong = {"curve_serverkey": wrong_public, "curve_publickey": own_public, "curve_secretkey": own_secret}
        with running(**keys) as (kernel, client):
            outsiders = []
            for options in ({}, wrong):
                for channel in ("shell", "control", "stdin", "hb", "iopub"):
                    socket = kernel.socket(channel, **options)
                    outsiders.append((channel, socket))
                    if channel in ("shell", "control"):
                        socket.send_multipart(execute("globalThis.intruder = true")[0])
                    elif channel == "hb":
                        socket.send(b"ping")
            for _ in range(3):
                self.assertEqual(value(client, "globalThis.intruder === undefined"), "true")
            right = {"curve_serverkey": keys["curve_publickey"], "curve_publickey": own_public, "curve_secretkey": own_secret}
            insider = kernel.socket("shell", **right)
            good, msg_id = request("kernel_info_request")
            insider.send_multipart(good)
            self.assertEqual(answer(insider, msg_id)[0], "kernel_info_reply")
            self.assertEqual([channel for channel, socket in outsiders if socket.poll(100)], [])

    def test_half(self):
        """one key of two: the kernel says so and ends, it does not go on in plain text"""
        public, _ = zmq.curve_keypair()
        with Kernel(curve_publickey=public).start() as kernel:
            self.assertEqual(kernel.ended(), 1)
            self.assertIn("curve_secretkey is missing", kernel.log)


class ConnectionFile(unittest.TestCase):
    def test_rights(self):
        """a connection file that others can read is its owner's alone when the kernel runs, and the log says so"""
        with Kernel() as kernel:
            os.chmod(kernel.file, 0o644)
            self.assertEqual(value(kernel.start().client(), "1 + 1"), "2")
            self.assertEqual(stat.S_IMODE(kernel.file.stat().st_mode), 0o600)
            self.assertIn("could be opened by others (mode 644)", kernel.log)

    def test_port_0(self):
        """where the file says port 0 the kernel chooses, and writes its ports into the file, for tcp and ipc"""
        for transport in ("tcp", "ipc"):
            with self.subTest(transport), Kernel(transport=transport) as kernel:
                before = kernel.connection
                ports = [name for name in before if name.endswith("_port")]
                kernel.file.write_text(json.dumps({**before, **dict.fromkeys(ports, 0)}))
                os.chmod(kernel.file, 0o600)
                kernel.start()
                until(lambda: all(kernel.connection[name] for name in ports), "ports in the file")
                self.assertEqual(len({kernel.connection[name] for name in ports}), 5)
                self.assertEqual(value(kernel.client(), "1 + 1"), "2")
                self.assertEqual(stat.S_IMODE(kernel.file.stat().st_mode), 0o600)
                self.assertEqual(kernel.connection["key"], before["key"])

    def test_taken(self):
        """a port that another program uses: the message names channel and port, and the kernel ends"""
        for name in ("shell_port", "iopub_port", "hb_port"):
            with self.subTest(name), network.create_server(("127.0.0.1", 0)) as other, Kernel() as kernel:
                port = other.getsockname()[1]
                kernel.file.write_text(json.dumps({**kernel.connection, name: port}))
                kernel.start()
                self.assertEqual(kernel.ended(), 1)
                self.assertIn(f"127.0.0.1:{port} ({name} of the connection file): another program uses this port", kernel.log)

    def test_nonsense(self):
        """a connection file that makes no sense: one line that says what is needed, and exit code 1"""
        for text, what in [("{", "is no JSON"), ("{}", "shell_port must be a whole number"), (None, "cannot be read (ENOENT)")]:
            with self.subTest(what), Kernel() as kernel:
                kernel.file.unlink() if text is None else kernel.file.write_text(text)
                kernel.start()
                self.assertEqual(kernel.ended(), 1)
                self.assertIn(what, kernel.log)
                self.assertEqual(len(kernel.log.strip().splitlines()), 1, kernel.log)

    def test_warnings(self):
        """the log warns of an address that others reach, and of a key that is empty; both work"""
        for options, warning, there in [
            ({"ip": "0.0.0.0"}, "without encryption", True),
            ({"key": b""}, "has no key", True),
            ({}, "without encryption", False),
        ]:
            with self.subTest(options), running(**options) as (kernel, client):
                self.assertEqual(value(client, "1 + 1"), "2")
                self.assertEqual(warning in kernel.log, there, kernel.log)

    def test_loopback(self):
        """with 127.0.0.1 nobody reaches the kernel by another address of this machine"""
        with running() as (kernel, _), network.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            others = {info[4][0] for info in network.getaddrinfo(network.gethostname(), None, network.AF_INET)}
            for address in [*others, "127.0.0.2"]:
                if address == "127.0.0.1":
                    continue
                with self.assertRaises(OSError, msg=address):
                    network.create_connection((address, kernel.connection["shell_port"]), timeout=5)

    def test_ipc_files(self):
        """sockets of ipc are their owner's alone; a path on which somebody listens is refused, one that is left over is not"""
        with running(transport="ipc") as (kernel, client):
            self.assertEqual(value(client, "1 + 1"), "2")
            until(client.hb_channel.is_beating, "a heartbeat")
            found = sorted(Path(kernel.folder.name).glob("k-*"))
            self.assertEqual(len(found), 5)
            self.assertEqual({stat.S_IMODE(file.stat().st_mode) for file in found}, {0o600})
            with Kernel(transport="ipc") as second:
                mine = second.connection
                second.file.write_text(json.dumps({**mine, "ip": kernel.connection["ip"]}))
                second.start()
                self.assertEqual(second.ended(), 1)
                self.assertIn("another program listens there", second.log)
            self.assertEqual(value(client, "1 + 1"), "2")
            kernel.process.kill()
            kernel.ended()
            self.assertEqual(len(list(Path(kernel.folder.name).glob("k-*"))), 5)
            client.stop_channels()
            self.assertEqual(value(kernel.start().client(), "2 + 2"), "4")
