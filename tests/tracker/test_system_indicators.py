from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from lab.errors import MissingExtra
from lab.testing import recorded_log
from lab.tracker import system
from lab.tracker.system.disk import Disk
from lab.tracker.system.gpu import Gpu
from lab.tracker.system.network import Network
from lab.tracker.system.process import Process

MACHINE = {
    "system.cpu.percent",
    "system.memory.percent",
    "system.memory.used_gb",
    "system.process.cpu_percent",
    "system.process.memory_gb",
    "system.process.children",
    "system.disk.percent",
    "system.network.received_mb_per_s",
    "system.network.sent_mb_per_s",
}


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)


class Fixed(system.Sensor):
    name = "fixed"

    def __init__(self, *readings: Mapping[str, float] | Exception, found: Any = True) -> None:
        self.readings = list(readings)
        self.found = found

    def open(self, folder: Path) -> bool:
        if isinstance(self.found, Exception):
            raise self.found
        return bool(self.found)

    def read(self) -> Mapping[str, float]:
        reading = self.readings.pop(0)
        if isinstance(reading, Exception):
            raise reading
        return reading


def test_a_sample_tells_of_the_machine_and_of_the_program(tmp_path: Path) -> None:
    pytest.importorskip("psutil")
    sampler = system.Sampler(tmp_path)
    with recorded_log() as log:
        assert sampler.open()
        values = sampler.read()
    assert values.keys() >= MACHINE
    assert values.keys() - MACHINE <= {"system.disk.read_mb_per_s", "system.disk.write_mb_per_s"}
    shares = [value for name, value in values.items() if name.endswith(".percent")]
    assert all(0 <= share <= 100 for share in shares)
    assert 0 < values["system.process.memory_gb"] < values["system.memory.used_gb"] + 1
    assert log.lines == []


def test_child_processes_are_part_of_the_program(tmp_path: Path) -> None:
    pytest.importorskip("psutil")
    sensor = Process()
    sensor.open(tmp_path)
    alone = sensor.read()
    began = time.monotonic()
    code = "import time\nwhile time.process_time() < 0.3: pass\nprint(flush=True)\ninput()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        together = sensor.read()
        elapsed = time.monotonic() - began
        child.communicate(b"\n")
    after = sensor.read()
    assert together["process.children"] == alone["process.children"] + 1
    assert together["process.memory_gb"] > alone["process.memory_gb"]
    assert together["process.cpu_percent"] * elapsed > 25  # 0.3 seconds, less a tick of the clock
    assert after["process.children"] == alone["process.children"]
    assert after["process.cpu_percent"] >= 0


def test_children_are_found_where_the_system_keeps_no_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("psutil")
    monkeypatch.setattr("lab.tracker.system.process._descendants", lambda pid: None)
    sensor = Process()
    sensor.open(tmp_path)
    before = sensor.read()["process.children"]
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert sensor.read()["process.children"] == before + 1
        child.communicate(b"\n")


def test_what_stays_on_the_machine_is_no_network_traffic(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    psutil = pytest.importorskip("psutil")
    total = {"lo": 0, "eth0": 0}

    def counters(pernic: bool) -> dict[str, Any]:
        return {
            name: SimpleNamespace(bytes_sent=sent, bytes_recv=0) for name, sent in total.items()
        }

    monkeypatch.setattr(psutil, "net_io_counters", counters)
    sensor = Network()
    sensor.open(tmp_path)
    total["lo"] = 10**9
    assert sensor.read()["network.sent_mb_per_s"] == 0
    total["eth0"] = 10**6
    assert sensor.read()["network.sent_mb_per_s"] > 0


def test_a_run_folder_that_is_gone_has_no_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    psutil = pytest.importorskip("psutil")
    monkeypatch.setattr(psutil, "disk_io_counters", lambda: None)
    sensor = Disk()
    sensor.open(tmp_path / "run")
    assert sensor.read() == {}
    (tmp_path / "run").mkdir()
    assert 0 <= sensor.read()["disk.percent"] <= 100


def test_counters_become_rates() -> None:
    now = [0.0]
    rates = system.Rates(lambda: now[0])
    assert rates.since_last({"a": 5.0}) == {}
    now[0] = 2.0
    assert rates.since_last({"a": 11.0, "new": 7.0}) == {"a": 3.0}
    assert rates.since_last({"a": 12.0, "new": 8.0}) == {}  # no time has passed
    now[0] = 3.0
    assert rates.since_last({"a": 1.0, "new": 9.0}) == {"a": 0.0, "new": 1.0}


def test_a_sensor_that_fails_is_dropped_after_one_note(tmp_path: Path) -> None:
    failing = Fixed({"b": 2.0}, OSError("gone"))
    sampler = system.Sampler(tmp_path, [failing, Fixed({"a": 1.0}, {"a": 2.0}, {"a": 3.0})])
    with recorded_log() as log:
        assert sampler.open()
        read = [sampler.read() for _ in range(3)]
    assert read == [{"system.b": 2.0, "system.a": 1.0}, {"system.a": 2.0}, {"system.a": 3.0}]
    assert log.lines == ["system.fixed.* is not measured any more: OSError: gone"]


def test_a_sensor_that_cannot_begin_is_left_out(tmp_path: Path) -> None:
    sensors = [Fixed(found=RuntimeError("no")), Fixed(found=False), Fixed({"a": 1.0})]
    sampler = system.Sampler(tmp_path, sensors)
    with recorded_log() as log:
        assert sampler.open()
        assert sampler.read() == {"system.a": 1.0}
    assert log.lines == ["system.fixed.* is not measured any more: RuntimeError: no"]


def test_where_nothing_is_installed_nothing_is_measured_and_nothing_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    with recorded_log() as log:
        assert not system.Sampler(tmp_path).open()
    assert log.lines == []
    with pytest.raises(MissingExtra, match=r"lab-experiments\[system\]"):
        system.check_installed()


class FakeNvml(ModuleType):
    """Two GPUs; the second says nothing of its power."""

    NVML_TEMPERATURE_GPU = 0

    class NVMLError(Exception):
        pass

    def __init__(self, has_driver: bool = True) -> None:
        super().__init__("pynvml")
        self.has_driver = has_driver

    def nvmlInit(self) -> None:
        if not self.has_driver:
            raise self.NVMLError("Driver Not Loaded")

    def nvmlDeviceGetCount(self) -> int:
        return 2

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        return index

    def nvmlDeviceGetUtilizationRates(self, gpu: int) -> Any:
        return SimpleNamespace(gpu=90 + gpu, memory=10)

    def nvmlDeviceGetMemoryInfo(self, gpu: int) -> Any:
        return SimpleNamespace(used=20 * 10**9, total=80 * 10**9)

    def nvmlDeviceGetPowerUsage(self, gpu: int) -> int:
        if gpu:
            raise self.NVMLError("Not Supported")
        return 350_500

    def nvmlDeviceGetTemperature(self, gpu: int, sensor: int) -> int:
        assert sensor == self.NVML_TEMPERATURE_GPU
        return 60


def test_gpus_tell_what_they_can(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", FakeNvml())
    sensor = Gpu()
    assert sensor.open(tmp_path)
    assert sensor.read() == {
        "gpu.0.percent": 90.0,
        "gpu.0.memory_gb": 20.0,
        "gpu.0.memory_percent": 25.0,
        "gpu.0.power_w": 350.5,
        "gpu.0.temperature_c": 60.0,
        "gpu.1.percent": 91.0,
        "gpu.1.memory_gb": 20.0,
        "gpu.1.memory_percent": 25.0,
        "gpu.1.temperature_c": 60.0,
    }


@pytest.mark.parametrize("module", [None, FakeNvml(has_driver=False)], ids=["library", "driver"])
def test_a_machine_without_gpus_says_nothing_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType | None
) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", module)
    with recorded_log() as log:
        assert not system.Sampler(tmp_path, [Gpu()]).open()
    assert log.lines == []


def test_the_library_of_the_driver_has_all_that_is_asked_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "pynvml")
    nvml = pytest.importorskip("pynvml")
    asked = [name for name in vars(FakeNvml) if name.lower().startswith("nvml")]
    assert [name for name in asked if not hasattr(nvml, name)] == []
