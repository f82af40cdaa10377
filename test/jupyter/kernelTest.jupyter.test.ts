/** The public conformance suite of Jupyter kernels. */
import { pythonTests } from "./clients.ts";

await pythonTests("jupyter_kernel_test", "kernelTest.py");
