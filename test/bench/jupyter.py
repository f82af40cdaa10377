"""See jupyter.ts beside this file."""
import argparse
import statistics
import subprocess
import time
from queue import Empty

from jupyter_client import KernelManager

KERNELS = ("gradbook", "python3")
PATIENCE = 60


def started(name):
    """A kernel with its client, and the seconds until it has told who it is."""
    began = time.perf_counter()
    manager = KernelManager(kernel_name=name)
    manager.start_kernel(stderr=subprocess.DEVNULL)
    client = manager.client()
    client.start_channels(stdin=False, hb=False)
    # Sent before the kernel listens: ZeroMQ delivers it as soon as it does.
    msg_id = client.kernel_info()
    while client.get_shell_msg(timeout=PATIENCE)["parent_header"]["msg_id"] != msg_id:
        pass
    return manager, client, time.perf_counter() - began


def ended(manager, client):
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def drain(client):
    try:
        while True:
            client.get_iopub_msg(timeout=0.2)
    except Empty:
        pass


def cell(client, code):
    """Seconds from the request until both the reply and idle are there."""
    began = time.perf_counter()
    msg_id = client.execute(code)
    while client.get_shell_msg(timeout=PATIENCE)["parent_header"]["msg_id"] != msg_id:
        pass
    while True:
        message = client.get_iopub_msg(timeout=PATIENCE)
        if message["parent_header"].get("msg_id") == msg_id and message["content"].get("execution_state") == "idle":
            return time.perf_counter() - began


def interleaved(rounds, measure):
    """Times by kernel. Who goes first changes, for what a turn leaves behind."""
    times = {name: [] for name in KERNELS}
    for n in range(rounds):
        for name in KERNELS if n % 2 == 0 else KERNELS[::-1]:
            times[name].append(measure(name))
    return times


def report(what, times, unit, scale, target=" (target: at most 1)"):
    ours, theirs = ([seconds * scale for seconds in times[name]] for name in KERNELS)
    ratios = [a / b for a, b in zip(ours, theirs)]
    print(
        f"{what:<34} gradbook {statistics.median(ours):7.2f} {unit}   ipykernel {statistics.median(theirs):7.2f} {unit}   "
        f"ratio {statistics.median(ratios):.2f}{target}",
        flush=True,
    )


def start(name):
    manager, client, seconds = started(name)
    ended(manager, client)
    return seconds


def first_cell(name):
    manager, client, seconds = started(name)
    # What the kernel published before this client had subscribed is of no interest: the reply is the end.
    began = time.perf_counter()
    msg_id = client.execute("1 + 1")
    while client.get_shell_msg(timeout=PATIENCE)["parent_header"].get("msg_id") != msg_id:
        pass
    seconds += time.perf_counter() - began
    ended(manager, client)
    return seconds


parser = argparse.ArgumentParser(prog="npm run bench jupyter --")
parser.add_argument("--starts", type=int, default=15)
parser.add_argument("--cells", type=int, default=400)
options = parser.parse_args()

print(f"medians of {options.starts} starts and {options.cells} cells, and of their ratios", flush=True)
# Whatever lies on a disk is in memory afterwards.
for name in KERNELS:
    start(name)
report("start to kernel_info_reply", interleaved(options.starts, start), "s ", 1)
report("start to the reply of a first cell", interleaved(options.starts, first_cell), "s ", 1, "")

running = {name: started(name) for name in KERNELS}
for _, client, _ in running.values():
    for _ in range(30):
        cell(client, "")
    drain(client)
for what, code in [("an empty cell", ""), ("a cell of 1 + 1", "1 + 1")]:
    report(what, interleaved(options.cells, lambda name: cell(running[name][1], code)), "ms", 1000)
for manager, client, _ in running.values():
    ended(manager, client)
