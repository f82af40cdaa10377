"""How a kernel lives and ends: heartbeats, signals, the death of its parent; several clients; floods of output."""
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path
from queue import Empty

import psutil
from running import CHANNELS, PATIENCE, Kernel, answer, argv, execute, request, run, running, until, value

#: Each keeps the cells' thread from doing anything else.
BLOCKS = {
    "a loop": "for (;;);",
    "a native call": "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
    "a program": "require('node:child_process').execSync('sleep 1000')",
}


def started(client, code):
    """Sends a cell that prints `go` and then goes on; returns when it has printed."""
    msg_id = client.execute(f"console.log('go'); {code}")
    while True:
        message = client.get_iopub_msg(timeout=PATIENCE)
        if message["msg_type"] == "stream" and message["parent_header"]["msg_id"] == msg_id:
            return msg_id


def reply_to(client, msg_id):
    while True:
        message = client.get_shell_msg(timeout=PATIENCE)
        if message["parent_header"]["msg_id"] == msg_id:
            return message["content"]


class Ends(unittest.TestCase):
    seconds = 60

    def left_behind(self, kernel):
        """What must not be there when a kernel has ended."""
        tree = [kernel.process.pid, *self.below]
        alive = [pid for pid in tree if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]
        return alive, list(Path(kernel.folder.name).glob("k-*")), re.findall("terminate called|Abort|Error", kernel.log)

    def test_ends(self):
        """shut down, to be restarted, SIGTERM, SIGHUP; idle, in a loop, in a native call, in a program: nothing is left, no crash in the log"""
        ways = {
            "shutdown": lambda kernel, client: client.shutdown(),
            "restart": lambda kernel, client: client.shutdown(restart=True),
            "SIGTERM": lambda kernel, client: kernel.process.send_signal(signal.SIGTERM),
            "SIGHUP": lambda kernel, client: kernel.process.send_signal(signal.SIGHUP),
        }
        chosen = [("shutdown", what) for what in ("nothing", *BLOCKS)]
        chosen += [("restart", "nothing"), ("SIGTERM", "nothing"), ("SIGTERM", "a loop"), ("SIGHUP", "a program")]
        for n, (way, what) in enumerate(chosen):
            transport = "ipc" if n % 2 == 0 else "tcp"
            with self.subTest(f"{way} while it runs {what}, {transport}"), running(transport=transport) as (kernel, client):
                until(client.hb_channel.is_beating, "a heartbeat")
                if what in BLOCKS:
                    started(client, BLOCKS[what])
                self.below = [each.pid for each in psutil.Process(kernel.process.pid).children(recursive=True)]
                ways[way](kernel, client)
                code = kernel.ended()
                # SIGKILL: it has ended itself, whatever the cell's thread is in.
                self.assertIn(code, (0, -signal.SIGKILL))
                if way in ("shutdown", "restart") and what in ("nothing", "a loop"):
                    self.assertEqual(code, 0)
                if way in ("shutdown", "restart"):
                    reply = client.get_control_msg(timeout=PATIENCE)
                    self.assertEqual(reply["content"], {"status": "ok", "restart": way == "restart"})
                until(lambda: self.left_behind(kernel)[0] == [], "the end of its programs")
                self.assertEqual(self.left_behind(kernel), ([], [], []), kernel.log)

    def test_parent(self):
        """the parent is killed while a cell runs: the kernel, its programs and its sockets are gone"""
        launcher = (
            "import os, subprocess, sys; p = subprocess.Popen(sys.argv[1:], env={**os.environ, 'JPY_PARENT_PID': str(os.getpid())});"
            "print(p.pid, flush=True); p.wait()"
        )
        for what in ("a loop", "a program"):
            with self.subTest(what), Kernel(transport="ipc") as kernel:
                kernel.log_file = open(Path(kernel.folder.name, "log"), "w+b")
                kernel.process = subprocess.Popen(
                    [sys.executable, "-c", launcher, *argv(kernel.file)], stdout=subprocess.PIPE, stderr=kernel.log_file
                )
                pid = int(kernel.process.stdout.readline())
                client = kernel.client()
                started(client, BLOCKS[what])
                tree = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
                kernel.process.kill()
                began = time.monotonic()
                kernel.process.wait()
                gone, alive = psutil.wait_procs(tree, timeout=PATIENCE)
                self.assertEqual(alive, [])
                print(f"gone {time.monotonic() - began:.1f} s after the parent")
                self.assertEqual(list(Path(kernel.folder.name).glob("k-*")), [])
                kernel.process.stdout.close()

    def test_named_parent(self):
        """the front end that JPY_PARENT_PID names ends, and a program between them lives on: the kernel is gone"""
        front_end = subprocess.Popen(["sleep", "1000"])
        with Kernel() as kernel:
            kernel.start(JPY_PARENT_PID=str(front_end.pid)).client()
            # Nobody asks for its exit code: it stays in the table of processes.
            front_end.kill()
            self.assertEqual(kernel.ended(), -signal.SIGKILL)
        front_end.wait()

    def test_sigint(self):
        """SIGINT stops the cell, and nothing else"""
        with running() as (kernel, client):
            run(client, "let kept = 5")
            msg_id = started(client, "for (;;);")
            kernel.process.send_signal(signal.SIGINT)
            self.assertEqual(reply_to(client, msg_id)["ename"], "Interrupted")
            self.assertEqual(value(client, "kept"), "5")
            kernel.process.send_signal(signal.SIGINT)
            # A signal may come after a message that was sent later: then it is the next cell's.
            client.kernel_info(reply=True, timeout=PATIENCE)
            self.assertEqual(value(client, "kept + 1"), "6")

    def test_worker_ends(self):
        """a cell that ends its thread: an error that says so, the kernel lives and its heart beats"""
        with running() as (kernel, client):
            reply, *_ = run(client, "process.exit(3)")
            self.assertEqual(reply["ename"], "SessionEnded")
            self.assertEqual(value(client, "1 + 1"), "2")
            self.beats(kernel, 3)

    def beats(self, kernel, times):
        socket = kernel.socket("hb")
        for n in range(times):
            socket.send(b"beat %d" % n)
            self.assertTrue(socket.poll(PATIENCE * 1000), "no heartbeat")
            self.assertEqual(socket.recv(), b"beat %d" % n)

    def test_heartbeat(self):
        """the heart beats while a cell is in a loop, in a native call and in a program"""
        with running() as (kernel, client):
            for what, code in BLOCKS.items():
                with self.subTest(what):
                    msg_id = started(client, code)
                    self.beats(kernel, 20)
                    client.control_channel.send(client.session.msg("interrupt_request", {}))
                    self.assertEqual(reply_to(client, msg_id)["status"], "error")


class Clients(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.context = running()
        cls.kernel, cls.client = cls.context.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.context.__exit__(None, None, None)

    def test_replies(self):
        """several clients at once: each gets the replies to its own requests, in their order"""
        sockets = [self.kernel.socket("shell") for _ in range(4)]
        sent = []
        for n in range(10):
            for socket in sockets:
                frames, msg_id = execute(f"{n}", session=f"s{sockets.index(socket)}")
                socket.send_multipart(frames)
                sent.append((socket, msg_id))
        for socket, msg_id in sent:
            self.assertEqual(answer(socket, msg_id)[1]["status"], "ok")
        self.assertEqual([socket.poll(0) for socket in sockets], [0] * 4)

    def test_stdin(self):
        """a question goes to the client whose cell asks, and to nobody else"""
        other = self.kernel.client()
        other.execute("await input('other? ')", allow_stdin=True)
        question = other.get_stdin_msg(timeout=PATIENCE)
        self.assertEqual(question["content"]["prompt"], "other? ")
        with self.assertRaises(Empty):
            self.client.get_stdin_msg(timeout=0.1)
        other.input("yes")
        self.assertEqual(value(self.client, "1 + 1"), "2")

    def test_late_question(self):
        """what a cell has left behind asks when its front end has its reply: an error says so, nothing waits for ever"""
        code = "let late: unknown; setTimeout(() => input('late?').catch((error) => (late = error.message)), 50); 0"
        self.client.execute(code, allow_stdin=True)
        until(lambda: "had its reply" in str(value(self.client, "late")), "the error")

    def test_reconnect(self):
        """a client that comes again under its name is answered, also while its earlier connection is still there"""
        for close in (True, False):
            first = self.kernel.socket("shell", identity=b"me")
            frames, msg_id = execute("1")
            first.send_multipart(frames)
            answer(first, msg_id)
            if close:
                first.close()
            second = self.kernel.socket("shell", identity=b"me")
            frames, msg_id = execute("2")
            second.send_multipart(frames)
            self.assertEqual(answer(second, msg_id)[1]["status"], "ok")

    def test_no_json(self):
        """what is no JSON (a BigInt, a circle) is said in its place, and the kernel goes on"""
        for what in ("5n", "(() => { const it: any = {}; it.it = it; return it })()"):
            code = f"display({{ [Symbol.for('Jupyter.display')]: () => ({{ 'application/json': {what} }}) }})"
            reply, _, text, _ = run(self.client, code)
            self.assertEqual(reply["status"], "ok")
            self.assertIn("This display_data cannot be written as JSON", text)
        self.assertEqual(value(self.client, "1 + 1"), "2")

    def test_gone(self):
        """a client that leaves without its reply: the others are answered"""
        gone = self.kernel.socket("shell")
        gone.send_multipart(execute("globalThis.left = true")[0])
        until(lambda: value(self.client, "globalThis.left") == "true", "its cell")
        gone.send_multipart(execute("await new Promise((done) => setTimeout(done, 50))")[0])
        gone.close()
        self.assertEqual(value(self.client, "3"), "3")


class Floods(unittest.TestCase):
    seconds = 110

    def test_lines(self):
        """10,000 small writes arrive complete and in order"""
        with running() as (_, client):
            _, _, text, _ = run(client, "for (let i = 0; i < 10_000; i++) process.stdout.write(i + '\\n')")
            self.assertEqual(text, "".join(f"{i}\n" for i in range(10_000)))

    def test_messages(self):
        """10,000 messages, each of its own, arrive complete and in order, also where the client begins to read late"""
        with Kernel() as kernel:
            kernel.start()
            reader, shell = kernel.socket("iopub"), kernel.socket("shell")
            self.assertTrue(reader.poll(PATIENCE * 1000), "no welcome")
            # A cell shows at most 500 outputs.
            cells = [execute("for (let i = 0; i < 400; i++) display(i);") for _ in range(25)]
            for frames, _ in cells:
                shell.send_multipart(frames)
            # The first cell has ended, and nobody has read anything.
            answer(shell, cells[0][1])
            got = []
            while len(got) < 10_000:
                self.assertTrue(reader.poll(PATIENCE * 1000), f"{len(got)} messages")
                frames = reader.recv_multipart()
                if frames[0] == b"display_data":
                    got.append(int(json.loads(frames[-1])["data"]["text/plain"]))
            self.assertEqual(got, [*range(400)] * 25)

    def test_large(self):
        """50 MB in one output: a display arrives whole, a text is shortened with a line that names the file"""
        with running() as (_, client):
            *_, published = run(client, "display.html('x'.repeat(50e6))")
            shown = [m["content"]["data"]["text/html"] for m in published if m["msg_type"] == "display_data"]
            self.assertEqual([len(each) for each in shown], [50_000_000])
            *_, published = run(client, "process.stdout.write('x'.repeat(50e6))")
            ends = [m["content"]["data"]["text/plain"] for m in published if "display_data" in m["msg_type"]]
            self.assertRegex(ends[-1], "50(\\.0)? MB")
            self.assertLess(sum(len(json.dumps(m["content"])) for m in published), 10_000_000)

    def test_no_reader(self):
        """a client that does not read: the others get everything, and the kernel's memory does not grow with it"""
        with Kernel() as kernel:
            kernel.start()
            lazy = kernel.socket("iopub", rcvhwm=1, rcvbuf=4096)
            reader, shell = kernel.socket("iopub"), kernel.socket("shell")
            for socket in (lazy, reader):
                self.assertTrue(socket.poll(PATIENCE * 1000), "no welcome")
            grown = []
            for n in range(80):
                frames, msg_id = execute("for (let i = 0; i < 40; i++) display.html('x'.repeat(250_000));")
                shell.send_multipart(frames)
                got = 0
                while got < 40:
                    self.assertTrue(reader.poll(PATIENCE * 1000), f"cell {n}: {got} outputs")
                    got += reader.recv_multipart()[0] == b"display_data"
                self.assertEqual(answer(shell, msg_id)[1]["status"], "ok")
                grown.append(psutil.Process(kernel.process.pid).memory_info().rss)
            # What 10 MB at a time leave for the garbage collector takes 300 MB or, from some moment on, 500. What is kept for the
            # lazy client would be 400 MB here.
            late = grown[-1] - grown[len(grown) // 2]
            print(f"grown by {late / 1e6:.0f} MB while the last 400 MB went out")
            self.assertLess(late, 300e6, [round(size / 1e6) for size in grown])
            self.assertIn("iopub: a client does not read", kernel.log)
            good, msg_id = request("shutdown_request", {"restart": False})
            control = kernel.socket("control")
            control.send_multipart(good)
            self.assertEqual(answer(control, msg_id)[1]["status"], "ok")
            kernel.ended()
            self.assertNotIn("terminate", kernel.log)
