"""Runs the tests of a module and says on standard output, one JSON object a line, how each of them ended.

    python runTests.py MODULE.py --list    the tests, in the order in which they run
    python runTests.py MODULE.py

A test that takes longer than its class says (`seconds`, 30 of them) has failed, and the next one has its turn.
"""
import importlib.util
import json
import os
import signal
import sys
import traceback
import unittest
from pathlib import Path

# What tests and kernels print goes to standard error, so that this stream holds reports only.
reports = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)


def report(**fields):
    reports.write(json.dumps(fields) + "\n")


class Reporter(unittest.TestResult):
    def startTest(self, test):
        super().startTest(test)
        self.outcome, self.texts = "passed", []
        if hasattr(signal, "SIGALRM"):
            signal.signal(signal.SIGALRM, self.too_long)
            signal.alarm(getattr(test, "seconds", 30))

    def too_long(self, *_):
        raise TimeoutError("the test took too long; it was at the line above")

    def stopTest(self, test):
        if hasattr(signal, "SIGALRM"):
            signal.alarm(0)
        super().stopTest(test)
        report(test=test.id(), outcome=self.outcome, text="\n".join(self.texts))

    def addFailure(self, test, err):
        self.fault(test, err)

    def addError(self, test, err):
        if not isinstance(test, unittest.TestCase):
            # setUpClass and its like: no test of that class will run.
            report(test=None, outcome="failed", text="".join(traceback.format_exception(*err)))
        else:
            self.fault(test, err)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.fault(test, err, f"{subtest.id()[len(test.id()):].strip()}: ")

    def addSkip(self, test, reason):
        self.outcome = "failed"
        self.texts.append(f"skipped: {reason}. No test may be skipped.")

    def addExpectedFailure(self, test, err):
        self.addSkip(test, "it is expected to fail")

    def fault(self, test, err, where=""):
        self.outcome = "failed"
        # Frames of unittest say nothing about the test.
        lines = traceback.TracebackException(*err, capture_locals=False)
        lines.stack = traceback.StackSummary.from_list([f for f in lines.stack if "/unittest/" not in f.filename])
        self.texts.append(where + "".join(lines.format()))


def tests_of(suite):
    for each in suite:
        if isinstance(each, unittest.TestSuite):
            yield from tests_of(each)
        else:
            yield each


def main(file, *arguments):
    path = Path(file).resolve()
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    suite = unittest.defaultTestLoader.loadTestsFromModule(module)
    if arguments == ("--list",):
        for test in tests_of(suite):
            report(test=test.id(), claim=test.shortDescription())
        return
    chosen = set(arguments)
    if chosen:
        suite = unittest.TestSuite(test for test in tests_of(suite) if test.id() in chosen)
    suite.run(Reporter())


main(*sys.argv[1:])
