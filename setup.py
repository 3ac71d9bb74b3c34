"""Metadata and settings are in pyproject.toml; here is only what needs code."""

from __future__ import annotations

from setuptools import setup

setup()
