"""`jupyter console` in a terminal of its own, with keys as a user presses them."""

import os
import re
import time
import unittest

import pexpect

PATIENCE = 40


class ConsoleTests(unittest.TestCase):
    seconds = 100

    def setUp(self):
        # A terminal that does not answer where its cursor is.
        env = {**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "PAGER": "cat"}
        # A second by default, after which it asks the kernel never again: keys of a test come sooner than those of a user.
        patience = "--ZMQTerminalInteractiveShell.kernel_is_complete_timeout=30"
        self.child = pexpect.spawn(
            "jupyter-console", ["--kernel", "gradbook", patience], env=env, dimensions=(50, 160), encoding="utf-8", timeout=PATIENCE
        )
        self.addCleanup(self.child.close, force=True)
        self.shown = ""

    def sees(self, pattern):
        """Waits until the terminal has shown what the pattern says, and forgets all up to there."""
        end = time.monotonic() + PATIENCE
        while True:
            found = re.search(pattern, self.shown)
            if found:
                self.shown = self.shown[found.end():]
                return found
            try:
                self.shown += self.child.read_nonblocking(10_000, timeout=0.5)
            except pexpect.TIMEOUT:
                pass
            self.shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]", "", self.shown)
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain for {pattern!r}; shown since: {self.shown[-2000:]!r}")

    def test_console(self):
        """runs cells, completes, asks for more lines, asks for input, is interrupted by Ctrl+C, pages, and leaves"""
        self.sees(r"Gradbook [\d.]+: TypeScript cells")
        self.sees(r"In \[1\]: ")
        self.child.send("const answer = { value: 6 * 7 }; answer.value\r")
        self.sees(r"Out\[1\]: 42")

        self.sees(r"In \[2\]: ")
        self.child.send("answer.va\t")
        self.sees(r"lue")
        self.child.send(" + 1\r")
        self.sees(r"Out\[2\]: 43")

        # Enter after a brace goes on in the next line, indented.
        self.sees(r"In \[3\]: ")
        self.child.send("if (answer) {\r")
        self.sees(r"\.\.\.: ")
        self.child.send("console.log('in' + 'side')\r}\r")
        self.sees(r"inside")

        self.sees(r"In \[4\]: ")
        self.child.send("'Hello ' + (await input('Name? '))\r")
        self.sees(r"Name\? ")
        self.child.send("Ada\r")
        self.sees(r"Out\[4\]: 'Hello Ada'")

        self.sees(r"In \[5\]: ")
        self.child.send("console.log('be' + 'gun'); while (true) {}\r")
        self.sees(r"begun")
        self.child.sendintr()
        self.sees(r"Interrupted: ")

        self.sees(r"In \[6\]: ")
        self.child.send("display.page('pa' + 'ged\\n'); answer.value\r")
        self.sees(r"Out\[6\]: 42")
        self.sees(r"paged")

        self.sees(r"In \[7\]: ")
        self.child.send("nowhere.at\r")
        self.sees(r"ReferenceError: nowhere is not defined")

        self.sees(r"In \[8\]: ")
        self.child.sendeof()
        self.sees(r"really want to exit")
        self.child.send("y\r")
        self.sees(r"Shutting down kernel")
        self.child.expect(pexpect.EOF)
