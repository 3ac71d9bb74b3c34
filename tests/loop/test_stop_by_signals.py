"""Ctrl-C and SIGTERM, in programs of their own that send the signals to themselves."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading

import pytest

from lab import loop, steps
from lab.steps import Steps
from lab.testing import recorded_log

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are sent as POSIX has them")

HEAD = """
import os, signal, sys, threading
from lab import loop, steps

def send(number):
    os.kill(os.getpid(), number)

def handlers():
    return [signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)]

before = handlers()
steps.current().at_stop.append(lambda: print("saved at", loop.get_global_step()))
"""
FOOT = """
print("restored", handlers() == before, steps.current().stop_reason)
"""


def run(body: str, status: int = 0) -> tuple[list[str], str]:
    """What a program prints, without times, and what it says of errors."""
    program = HEAD + textwrap.dedent(body) + FOOT
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == status, done.stdout + done.stderr
    return [line.split("  ")[0] for line in done.stdout.splitlines()], done.stderr


def test_ctrl_c_once_finishes_the_iteration_saves_and_goes_on_after_the_loop() -> None:
    lines, errors = run("""
        for i in loop.loop(10):
            if i == 2:
                send(signal.SIGINT)
            print("iteration", i)
    """)
    said = "Ctrl-C: finishing the iteration; Ctrl-C again stops at once"
    assert said in lines
    lines.remove(said)  # another thread writes it
    assert [line for line in lines if not line.endswith(":")] == [
        "iteration 0",
        "iteration 1",
        "iteration 2",
        "saved at 3",
        "stopped by Ctrl-C at step 3",
        "restored True Ctrl-C",
    ]
    assert errors == ""


def test_ctrl_c_twice_stops_at_once() -> None:
    lines, errors = run(
        """
        try:
            for i in loop.loop(10):
                send(signal.SIGINT)
                send(signal.SIGINT)
                print("never")
        finally:
            print("restored", handlers() == before)
    """,
        status=-signal.SIGINT,
    )
    assert "restored True" in lines
    assert "never" not in lines
    assert "saved at" not in " ".join(lines)
    assert errors.rstrip().endswith("KeyboardInterrupt")


def test_sigterm_once_finishes_the_iteration_and_saves() -> None:
    lines, _ = run("""
        for i in loop.loop(range(0, 100, 10)):
            send(signal.SIGTERM)
    """)
    lines.remove("SIGTERM: finishing the iteration; a second one stops at once")
    assert lines[-3:] == ["saved at 0", "stopped by SIGTERM at step 0", "restored True SIGTERM"]


@pytest.mark.parametrize("first", ["SIGINT", "SIGTERM"])
def test_sigterm_after_another_signal_exits_at_once(first: str) -> None:
    lines, errors = run(
        f"""
        for i in loop.loop(10):
            send(signal.{first})
            send(signal.SIGTERM)
            print("never")
    """,
        status=143,
    )
    assert "never" not in lines
    assert errors == ""


def test_programs_with_handlers_of_their_own_keep_them() -> None:
    lines, _ = run("""
        signal.signal(signal.SIGINT, lambda *_: print("mine"))
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        before = handlers()
        for i in loop.loop(3):
            send(signal.SIGINT)
            send(signal.SIGTERM)
            print(handlers() == before)
    """)
    assert lines.count("mine") == lines.count("True") == 3
    assert lines[-1] == "restored True None"


def test_a_handler_that_gives_way_is_put_back() -> None:
    lines, _ = run("""
        class Mine:
            is_of_lab = True
            def __call__(self, *_): print("mine")
        signal.signal(signal.SIGTERM, Mine())
        before = handlers()
        for i in loop.loop(3):
            send(signal.SIGTERM)
        send(signal.SIGTERM)
    """)
    assert lines[-2:] == ["mine", "restored True SIGTERM"]
    assert "stopped by SIGTERM at step 1" in lines


def test_a_loop_may_leave_signals_alone() -> None:
    lines, _ = run("""
        try:
            for i in loop.loop(3, is_interruptible=False):
                send(signal.SIGINT)
        except KeyboardInterrupt:
            print("interrupted")
    """)
    assert lines == ["interrupted", "restored True None"]


def test_the_training_loop_of_configs_may_leave_signals_alone() -> None:
    lines, _ = run("""
        from lab.helpers.training_loop import TrainingLoop
        for is_finished in (True, False):
            try:
                for i in TrainingLoop(5, is_loop_on_interrupt=is_finished):
                    send(signal.SIGINT)
                    print("iteration done")
            except KeyboardInterrupt:
                print("interrupted")
            steps.current().stop_reason = None
    """)
    assert [line for line in lines if line in ("iteration done", "interrupted")] == [
        "iteration done",
        "interrupted",
    ]


def test_outside_the_main_thread_there_are_no_handlers_and_no_errors() -> None:
    lines, _ = run("""
        def train():
            for i in loop.loop(2):
                print("same", handlers() == before)
        thread = threading.Thread(target=train)
        thread.start()
        thread.join()
    """)
    assert lines.count("same True") == 2


def test_handlers_are_put_back_however_a_loop_is_left() -> None:
    lines, _ = run("""
        def check(what):
            print(what, handlers() == before)
        for i in loop.loop(3):
            print("taken", handlers() != before)
            break
        check("break")
        try:
            for i in loop.loop(3):
                raise ZeroDivisionError
        except ZeroDivisionError:
            check("exception")
        left = iter(loop.loop(3))
        next(left)
        del left
        check("collected")
        kept = iter(loop.loop(3))
        next(kept)
        loop.finish_loop()
        check("finished")
        for i in loop.loop(2):
            for j in loop.loop(2):
                pass
            print("taken", handlers() != before)
        check("nested")
    """)
    ends = ["break", "exception", "collected", "finished", "nested"]
    assert [line for line in lines if line.split()[0] in ends] == [f"{end} True" for end in ends]
    assert lines.count("taken True") == 3


def test_a_signal_in_a_loop_within_a_loop_ends_both() -> None:
    lines, _ = run("""
        for i in loop.loop(3):
            for j in loop.loop(3):
                send(signal.SIGINT)
            print("rest of", i)
        print("position", steps.current().position.done)
    """)
    assert lines.count("rest of 0") == 1
    assert "rest of 1" not in lines
    assert lines.count("saved at 1") == 1
    assert lines[-2:] == ["position 0", "restored True Ctrl-C"]  # the outer iteration was cut


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_processes_that_load_data_live_until_the_iteration_is_done() -> None:
    lines, errors = run("""
        for i in loop.loop(3):
            ready, answer = os.pipe(), os.pipe()
            child = os.fork()
            if child == 0:
                os.write(ready[1], b"1")
                os.read(answer[0], 1)  # Ctrl-C comes while it waits
                os.write(1, b"loaded\\n")
                os._exit(0)
            os.read(ready[0], 1)
            os.kill(child, signal.SIGINT)
            send(signal.SIGINT)
            os.write(answer[1], b"1")
            print("ended with", os.waitpid(child, 0)[1])
        child = os.fork()
        if child == 0:
            signal.pause()
        os.kill(child, signal.SIGTERM)
        print("killed by", os.waitpid(child, 0)[1])
    """)
    assert "loaded" in lines
    assert "ended with 0" in lines
    assert "killed by 15" in lines
    assert "Error" not in errors  # newer Pythons warn of forks


def test_handlers_of_whoever_runs_the_tests_are_untouched() -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    fresh = steps.set_current(Steps()), loop.set_current(None)
    try:
        with recorded_log():
            list(loop.loop(3))
            thread = threading.Thread(target=lambda: list(loop.loop(3)))
            thread.start()
            thread.join()
    finally:
        steps.set_current(fresh[0])
        loop.set_current(fresh[1])
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before
