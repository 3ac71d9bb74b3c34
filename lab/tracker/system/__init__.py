"""Measurements of the machine that a run is on: the indicators `system.*`, one sensor a file.

An experiment takes them every 10 seconds, on a thread of its own, where the extra `system` is
installed; `system_indicators` in `lab.yaml` or of `experiment.create` turns them off, or sets the
seconds.

GB are 10**9 bytes and MB 10**6. "Per second" is the mean since the sample before.

======================================  ==========================================================
`system.cpu.percent`                    of the machine, all cores together: 0 to 100
`system.memory.percent`                 of the machine, what nobody could have without swapping
`system.memory.used_gb`                 the same in GB
`system.process.cpu_percent`            of this program and its child processes (the workers of a
                                        DataLoader); 100 is one core
`system.process.memory_gb`              resident memory of the same; pages that several of them
                                        share are counted in each
`system.process.children`               how many child processes there are
`system.disk.percent`                   how full the disk is that the run's folder is on
`system.disk.read_mb_per_s`             of all disks of the machine
`system.disk.write_mb_per_s`            of all disks of the machine
`system.network.received_mb_per_s`      of the machine, what stays on it left out
`system.network.sent_mb_per_s`          of the machine, what stays on it left out
`system.gpu.<i>.percent`                share of the time in which GPU i (as `nvidia-smi` counts)
                                        had something to do
`system.gpu.<i>.memory_gb`              memory taken on it, by all programs
`system.gpu.<i>.memory_percent`         the same as a share
`system.gpu.<i>.power_w`                what it draws, in watts
`system.gpu.<i>.temperature_c`          in degrees Celsius
======================================  ==========================================================

What a machine does not tell is left out.
"""

from __future__ import annotations

from lab.tracker.system._base import Rates, Sensor
from lab.tracker.system._sampler import SENSORS, Sampler, check_installed

__all__ = ["SENSORS", "Rates", "Sampler", "Sensor", "check_installed"]
