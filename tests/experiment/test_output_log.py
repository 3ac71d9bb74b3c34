from __future__ import annotations

import codecs
import io
import os
import select
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest

from lab import experiment, runs
from lab.errors import ProjectError
from lab.experiment._screen import LogFile, Screen
from lab.runs import Layout
from lab.testing import recorded_log

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="files 1 and 2 are POSIX's")

BEGIN = """
import ctypes, os, signal, subprocess, sys, time
from lab import experiment
experiment.create(name="e", writers=[])
"""
START = BEGIN + "experiment.start()\n"
COPIER = """
def copiers():
    marker = experiment.current()._output_log._marker.hex().encode()
    found = []
    while not found:
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/stat") as stat, open(f"/proc/{pid}/cmdline", "rb") as line:
                    if marker in line.read() and stat.read().split()[6 - 1] == pid:
                        found.append(int(pid))
            except OSError:
                pass
    return found
"""
AS_TERMINAL = """
import fcntl, os, sys, termios
os.setsid()
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "train.py"])
"""


def _run(code: str, **how: Any) -> subprocess.CompletedProcess[str]:
    Path("train.py").write_text(code)
    how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **how}
    return subprocess.run([sys.executable, "train.py"], text=True, timeout=60, **how)


def _logs() -> list[str]:
    """What the runs of this test kept, once nobody writes to them any more; the first run first."""
    found = sorted(runs.find(), key=lambda run: str(run.info.created))
    return [_settled(run.path / "output.log") for run in found]


def _settled(path: Path) -> str:
    """A killed program does not wait for the process that copies, so wait here for what it says last."""
    text = path.read_text()
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith("e  "))  # the name of the run


def _wait_for(text: str) -> str:
    until = time.monotonic() + 30
    while text not in (log := "".join(_logs())) and time.monotonic() < until:
        select.select([], [], [], 0.01)
    return log


class Terminal:
    """A program at a terminal of its own."""

    def __init__(self, code: str, columns: int = 80) -> None:
        import fcntl
        import struct
        import termios

        Path("train.py").write_text(code)
        self.screen, inner = os.openpty()
        self._resize = lambda n: fcntl.ioctl(
            self.screen, termios.TIOCSWINSZ, struct.pack("HHHH", 24, n, 0, 0)
        )
        self._resize(columns)
        self.program = subprocess.Popen(
            [sys.executable, "-c", AS_TERMINAL], stdin=inner, stdout=inner, stderr=inner
        )
        os.close(inner)
        self.shown, self.decoder = "", codecs.getincrementaldecoder("utf-8")()

    def resize(self, columns: int) -> None:
        self._resize(columns)

    def type(self, text: str) -> None:
        os.write(self.screen, text.encode())

    def read_until(self, text: str) -> None:
        until = time.monotonic() + 30
        while text not in self.shown and self._read(until):
            pass
        assert text in self.shown

    def end(self) -> int:
        while self._read(time.monotonic() + 30):
            pass
        os.close(self.screen)
        return self.program.wait(30)

    def _read(self, until: float) -> bool:
        if not select.select([self.screen], [], [], max(0.0, until - time.monotonic()))[0]:
            raise AssertionError(f"nothing more came after {self.shown!r}")
        try:
            data = os.read(self.screen, 65536)
        except OSError:
            return False
        self.shown += self.decoder.decode(data)
        return bool(data)


PRINTS = """
import logging
print("printed")
os.write(1, b"written\\n")
library = ctypes.CDLL(None)
library.printf(b"from C\\n")
library.fflush(None)
subprocess.run(["echo", "from a child"])
logging.warning("logged")
os.write(2, b"to the other\\n")
"""


def test_prints_of_python_c_and_children_are_kept_and_go_where_they_went() -> None:
    done = _run(START + PRINTS)
    shown = ["printed", "written", "from C", "from a child"]
    said = ["WARNING:root:logged", "to the other"]
    assert done.stdout.splitlines()[1:] == shown
    assert done.stderr.splitlines() == said
    [log] = _logs()
    assert sorted(log.splitlines()) == sorted(shown + said)
    assert [line for line in log.splitlines() if line in shown] == shown


def test_order_is_kept_where_both_files_go_to_one_place() -> None:
    code = "for n in range(500): print(n); os.write(2, b'e%d\\n' % n)\n"
    done = _run(START + code, stderr=subprocess.STDOUT)
    lines = [line for n in range(500) for line in (str(n), f"e{n}")]
    assert done.stdout.splitlines()[1:] == lines
    assert _logs()[0].splitlines() == lines


def test_a_traceback_is_kept_once_after_plain_calls_and_after_a_block() -> None:
    done = _run(START + "raise ValueError('plain')")
    assert done.stderr.count("ValueError: plain") == 1
    done = _run(BEGIN + "with experiment.start():\n    raise ValueError('block')")
    assert done.stderr.count("ValueError: block") == 1
    for log, error in zip(_logs(), ("plain", "block"), strict=True):
        assert log.count("Traceback") == log.count(f"ValueError: {error}") == 1


def test_the_message_of_sys_exit_is_kept() -> None:
    assert _run(START + "sys.exit('not today')").returncode == 1
    assert "not today" in _logs()[0]


@pytest.mark.parametrize(
    ("end", "says"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "last words"),
        ("os._exit(3)", "last words"),
        ("import faulthandler; faulthandler.enable(); ctypes.string_at(0)", "Fatal Python error"),
    ],
)
def test_what_a_crash_leaves_is_on_the_screen_and_in_the_log(end: str, says: str) -> None:
    done = _run(START + f"print('last words')\n{end}")
    assert done.returncode not in (0, 1)
    assert "last words" in done.stdout
    assert says in done.stdout + done.stderr
    assert says in _wait_for(says)


def test_a_forked_child_is_kept_and_one_that_lives_on_holds_nothing_up() -> None:
    code = """
experiment.current().run  # what is read in the background is: its pipes are in no child
pid = os.fork()
if not pid:
    print("the child", flush=True)
    os._exit(0)
os.waitpid(pid, 0)
ready, go = os.pipe()
if not os.fork():
    os.close(go)
    os.read(ready, 1)  # until the parent is gone
    os.write(1, b"afterwards\\n")
    os._exit(0)
before = time.monotonic()
experiment.current().close()
print("quick" if time.monotonic() - before < 4 else "slow")
"""
    done = _run(START + code)
    assert done.stdout.splitlines()[1:] == ["the child", "quick", "afterwards"]
    assert _logs() == ["the child\n"]


def test_whoever_waits_for_any_child_does_not_wait_for_the_copier() -> None:
    code = """
copiers()
try:
    while True: os.wait()
except ChildProcessError:
    print("no children")
"""
    assert "no children" in _run(START + COPIER + code).stdout


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked for in /proc")
@pytest.mark.parametrize("starts", [2, 10])
def test_killing_the_copier_loses_little_and_hurts_nobody(starts: int) -> None:
    code = """
print("before")
for round in range(2):
    for pid in copiers(): os.kill(pid, signal.SIGKILL)
    for n in range(9000): os.write(1, b"%d %d words that fill the pipe before long\\n" % (round, n))
print("after")
"""
    set_starts = f"from lab.experiment import _output_log; _output_log._STARTS = {starts}\n"
    done = _run(set_starts + START + COPIER + code)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert sum("words" in line for line in lines) >= 18_000 - 2 * 2000  # read, not yet written
    assert "after" in done.stdout
    if starts > 2:
        assert lines[-1] == "after"
        assert "after" in _logs()[0]


def test_a_second_run_of_a_process_starts_clean() -> None:
    code = """
print("first")
experiment.create(name="e", writers=[])
print("between")
experiment.start()
print("second")
experiment.current().close()
print("none", sorted(map(int, os.listdir("/dev/fd")))[-1] < 60)
"""
    done = _run(START + code)
    assert [line for line in done.stdout.splitlines() if not line.startswith("e ")] == [
        "first",
        "between",
        "second",
        "none True",
    ]
    assert _logs() == ["first\n", "second\n"]


def test_a_reader_that_leaves_is_met_as_without_a_log() -> None:
    code = "for n in range(10**6): print(n)\n"
    Path("train.py").write_text(START + code)
    with subprocess.Popen(
        [sys.executable, "train.py"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as program:
        assert program.stdout
        assert program.stderr
        program.stdout.readline()
        program.stdout.close()
        assert b"BrokenPipeError" in program.stderr.read()
    assert program.returncode in (1, 120)  # 120: what was left in the buffer failed as well


def test_a_program_without_files_1_and_2_runs() -> None:
    Path("train.py").write_text(START + "assert sys.stdout is None\n")
    command = f"{sys.executable} train.py >&- 2>&-"
    assert subprocess.run(command, shell=True, timeout=60).returncode == 0


def test_a_terminal_stays_one_of_the_same_size_and_colours_are_shown_not_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    code = """
from lab import logger
from lab.logger import Text
print(sys.stdout.isatty(), sys.stderr.isatty(), os.get_terminal_size(1).columns)
logger.log("green", Text.success)
signal.signal(signal.SIGWINCH, lambda *_: None)
print("resize me")
while os.get_terminal_size(1).columns != 80: signal.pause()
print("resized")
"""
    terminal = Terminal(START + code, columns=200)
    terminal.read_until("resize me")
    terminal.resize(80)
    assert terminal.end() == 0
    assert "True True 200" in terminal.shown
    assert "\x1b[32mgreen\x1b[0m" in terminal.shown
    assert _logs() == ["True True 200\ngreen\nresize me\nresized\n"]


def test_a_question_is_shown_at_once_and_answered() -> None:
    terminal = Terminal(START + "print('hello', input('name? '))")
    terminal.read_until("name? ")
    terminal.type("you\n")
    assert terminal.end() == 0
    assert "hello you" in terminal.shown
    assert "hello you" in _logs()[0]


def test_ctrl_c_reaches_the_program_alone() -> None:
    terminal = Terminal(START + "print('running')\nwhile True: time.sleep(1)")
    terminal.read_until("running")
    terminal.type("\x03")
    assert terminal.end() != 0
    assert "KeyboardInterrupt" in terminal.shown
    assert "KeyboardInterrupt" in _logs()[0]


def test_a_progress_bar_is_kept_as_it_was_last() -> None:
    pytest.importorskip("tqdm")
    code = """
from tqdm import tqdm
for n in tqdm(range(300), mininterval=0): pass
print("done")
"""
    terminal = Terminal(START + code)
    assert terminal.end() == 0
    assert terminal.shown.count("\r") > 100
    bar, done = _logs()[0].splitlines()
    assert bar.startswith("100%|")
    assert "300/300" in bar
    assert done == "done"


def test_the_log_can_be_turned_off() -> None:
    with recorded_log():
        experiment.create(name="e", writers=[], output_log=False)
        with experiment.start() as run:
            assert not (run.path / "output.log").exists()
        Path("lab.yaml").write_text("output_log: false")
        experiment.create(name="e", writers=[])
        with experiment.start() as run:
            assert not (run.path / "output.log").exists()
    Path("lab.yaml").write_text("output_log: perhaps")
    with pytest.raises(ProjectError, match=r"'output_log' .* takes true or false"):
        experiment.create(name="e", writers=[])


def _log_of(printing: Any) -> list[str]:
    with recorded_log():
        experiment.create(name="e", writers=[])
        with experiment.start() as run:
            printing()
    return (run.path / "output.log").read_text().splitlines()


def test_streams_that_are_no_file_are_kept_and_left_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    assert _log_of(lambda: print("into memory")) == ["into memory"]
    print("later")
    assert stream.getvalue() == "into memory\nlater\n"
    assert "write" not in vars(stream)


def test_a_stream_that_writes_on_to_another_is_kept_once() -> None:
    code = """
class Both:
    def __init__(self, stream): self.stream, self.file = stream, open("copy.txt", "w")
    def write(self, text): self.stream.write(text); self.file.write(text)
    def flush(self): self.stream.flush(); self.file.flush()
sys.stdout = Both(sys.stdout)
experiment.start()
print("once")
"""
    assert _run(BEGIN + code).stdout.splitlines()[1:] == ["once"]
    assert _logs() == ["once\n"]


def test_output_captured_by_pytest_is_kept_too(capfd: pytest.CaptureFixture[str]) -> None:
    def printing() -> None:
        print("printed")
        os.write(1, b"written\n")

    assert sorted(_log_of(printing)) == ["printed", "written"]
    assert sorted(capfd.readouterr().out.split()) == ["printed", "written"]


def test_a_process_that_cannot_start_is_said_and_prints_of_python_are_kept(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "executable", "/opt/program")
    with recorded_log() as log:
        experiment.create(name="e", writers=[])
        with experiment.start() as run:
            print("printed")
    assert (run.path / "output.log").read_text() == "printed\n"
    assert capsys.readouterr().out == "printed\n"
    assert any("keeps only what Python prints" in line for line in log.lines)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full disk")
def test_a_full_disk_is_said_once_and_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Layout, "output_log", Path("/dev/full"))
    with recorded_log() as log:
        experiment.create(name="e", writers=[])
        with experiment.start():
            for n in range(100):
                os.write(1, b"%d\n" % n)
    assert sum("output.log cannot be written" in line for line in log.lines) == 1


def test_a_notebook_shows_and_keeps_what_is_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # ipykernel asks for it, and shows less then
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    code = BEGIN + (
        "with experiment.start():\n    print('printed'); os.system('echo shell')"
        "; print('failed', file=sys.stderr)"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3").execute()
    outputs = notebook.cells[0].outputs
    shown = "".join(one.get("text", "") or one.data["text/plain"] for one in outputs)
    [run] = runs.find()
    log = (run.path / "output.log").read_text()
    for word in (f"e  {run.uuid}", "printed", "shell", "failed"):
        assert log.count(word) == 1
        assert shown.count(word) == 1


def _kept(*drawn: bytes, limit: int = 10**6) -> str:
    with tempfile.TemporaryFile() as file:
        log = LogFile(file.fileno(), pytest.fail, limit)
        screen = Screen(log)
        for data in drawn:
            screen.feed(data)
            log.flush()
        screen.finish()
        log.flush()
        file.seek(0)
        return file.read().decode()


@pytest.mark.parametrize(
    ("drawn", "kept"),
    [
        ([b"a\r\nb"], "a\nb\n"),
        ([b"\r 0%", b"\r50%", b"\r100%\n", b"x\n"], "100%\nx\n"),
        ([b"long line\rshort\x1b[K\n"], "short\n"),
        ([b"one\ntwo\n", b"\x1b[2A\x1b[2K1\n\x1b[2K2\n", b"three"], "1\n2\nthree\n"),
        ([b"one\ntwo\n\x1b[2A\x1b[J", b"1\n"], "1\n"),
        ([b"\x1b[3", b"1mred\x1b[0m\x1b]0;ti", b"tle\x07!\n"], "red!\n"),
        ([b"abc\b\bX\a\n"], "aXc\n"),
        ([b"\xe2\x82", b"\xac \xff\n"], "\u20ac \ufffd\n"),
        ([b"a\n\x1b[2J\x1b[Hb\n"], "a\nb\n"),
        ([b"a\x1b[?1049hhidden\n\x1b[?1049l\n"], "a\n"),
    ],
)
def test_what_is_drawn_again_is_kept_as_it_was_last(drawn: list[bytes], kept: str) -> None:
    assert _kept(*drawn) == kept


def test_a_log_that_grows_too_long_keeps_its_beginning_and_its_end() -> None:
    kept = _kept(*(b"line %d\n" % n for n in range(3000)), limit=4000)
    first, *_, last = kept.splitlines()
    assert (first, last) == ("line 0", "line 2999")
    assert kept.count("bytes were left out here") == 1
    assert len(kept) < 5000
