"""jupyter_kernel_test: every test of it, with nothing left out."""

import jupyter_kernel_test


class GradbookTests(jupyter_kernel_test.KernelTests):
    kernel_name = "gradbook"
    language_name = "typescript"
    file_extension = ".ts"
    code_hello_world = 'console.log("hello, world");'
    code_stderr = 'console.error("a warning");'
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": '"a" + "b"', "result": "'ab'"},
        {"code": "[1, 2, 3].map((x) => x ** 2)", "result": "[ 1, 4, 9 ]"},
    ]
    code_display_data = [
        {"code": 'display.html("<b>bold</b>")', "mime": "text/html"},
        {"code": 'display.markdown("**bold**")', "mime": "text/markdown"},
    ]
    code_generate_error = 'throw new Error("on purpose");'
    complete_code_samples = ["1 + 1", "const a = 1;", "function f() {\n  return 1;\n}", "// a comment", ""]
    incomplete_code_samples = ["function f() {", "[1, 2,", "`a text", "if (true)"]
    invalid_code_samples = ["const = 1;", "1 +* 2", ")"]
    completion_samples = [
        {"text": "const completed = { first: 1, second: 2 };\ncompleted.", "matches": {"first", "second"}},
        {"text": "JSON.pa", "matches": {"parse"}},
    ]
    code_inspect_sample = "Math.sqrt"
    code_history_pattern = "6 [*] ?"
    supported_history_operations = ("tail", "range", "search")
    code_clear_output = "clearOutput();"
    code_page_something = 'display.page("a long text\\n".repeat(100));'


class WelcomeTests(jupyter_kernel_test.IopubWelcomeTests):
    kernel_name = "gradbook"
    support_iopub_welcome = True
