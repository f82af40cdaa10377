"""nbclient runs our notebooks: results, errors, time limits."""

import unittest

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError


def notebook(*sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    metadata = {"kernelspec": {"name": "gradbook", "display_name": "Gradbook (TypeScript)", "language": "typescript"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def outputs(node):
    return [
        [
            output.get("text") or output.get("ename") or output.get("data", {}).get("text/plain")
            for output in cell.outputs
        ]
        for cell in node.cells
    ]


class Notebooks(unittest.TestCase):
    seconds = 60

    def run_notebook(self, node, **options):
        return NotebookClient(node, timeout=60, kernel_name="gradbook", **options).execute()

    def test_results(self):
        """nbclient: streams in order, results, displays, a later update, counts and language of the notebook"""
        node = self.run_notebook(
            notebook(
                "for (let i = 0; i < 3; i++) console.log(i);\nconsole.error('problem');\n40 + 2",
                "display('first', { id: 'x' });\ndisplay('second', { id: 'x' });",
                "await new Promise((go) => setTimeout(go, 20));\nconsole.log('late')",
            ),
            coalesce_streams=True,
        )
        self.assertEqual(outputs(node), [["0\n1\n2\n", "problem\n", "42"], ["'second'"], ["late\n"]])
        self.assertEqual([cell.execution_count for cell in node.cells], [1, 2, 3])
        info = node.metadata.language_info
        self.assertEqual((info.name, info.file_extension, info.pygments_lexer), ("typescript", ".ts", "typescript"))
        nbformat.validate(node)

    def test_error(self):
        """nbclient: a cell that throws ends the run with its message and its own line; the cells after it do not run"""
        node = notebook("const before = 1", "\n\nnull!.x", "before")
        with self.assertRaises(CellExecutionError) as caught:
            self.run_notebook(node)
        self.assertEqual(caught.exception.ename, "TypeError")
        self.assertRegex(str(caught.exception), r"Cell \[2\], line 3")
        self.assertEqual(outputs(node), [[], ["TypeError"], []])

    def test_allow_errors(self):
        """nbclient: with allow_errors, and with a cell tagged raises-exception, the cells after an error run"""
        sources = ["let n = 1; throw new RangeError('first')", "n + 1"]
        self.assertEqual(outputs(self.run_notebook(notebook(*sources), allow_errors=True)), [["RangeError"], ["2"]])
        tagged = notebook(*sources)
        tagged.cells[0].metadata["tags"] = ["raises-exception"]
        self.assertEqual(outputs(self.run_notebook(tagged)), [["RangeError"], ["2"]])

    def test_timeout(self):
        """nbclient: a cell that runs too long ends the run with CellTimeoutError, also in a loop that never awaits"""
        node = notebook("console.log('started');\nwhile (true) {}")
        with self.assertRaises(CellTimeoutError):
            NotebookClient(node, timeout=2, kernel_name="gradbook").execute()

    def test_interrupt_on_timeout(self):
        """nbclient: interrupt_on_timeout stops the cell, keeps what it printed and its variables, and goes on"""
        node = notebook(
            "let n = 0;",
            "console.log('started');\nwhile (true) n++",
            "await new Promise(() => {})",
            "n > 1000",
        )
        client = NotebookClient(
            node,
            timeout_func=lambda cell: 4 if "true" in cell.source or "await" in cell.source else 60,
            interrupt_on_timeout=True,
            allow_errors=True,
            kernel_name="gradbook",
        )
        self.assertEqual(outputs(client.execute()), [[], ["started\n", "Interrupted"], ["Interrupted"], ["true"]])


if __name__ == "__main__":
    unittest.main()
