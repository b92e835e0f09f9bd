"""The errors of the package: one class per kind, with the messages of the command (place, fact, fix)."""

from __future__ import annotations

import re


class Error(Exception):
    """What all of them are; `exit_status` is that of the command for the same error."""

    exit_status = 1


class RunError(Error, RuntimeError):
    """A failed row, mismatch or regression."""

    exit_status = 1


class ConfigError(Error, ValueError):
    """Wrong arguments, a suite that does not fit together."""

    exit_status = 2


class DataError(Error, ValueError):
    """A data set or decisions out of shape."""

    exit_status = 3


class PluginError(Error, RuntimeError):
    """A plugin that could not be used."""

    exit_status = 4


class IoError(Error, OSError):
    """Reading or writing failed."""

    exit_status = 5


BY_STATUS = {c.exit_status: c for c in (RunError, ConfigError, DataError, PluginError, IoError)}


def in_python(message: str) -> str:
    """A message of the command with its option as the argument that it is here."""
    return re.sub(r"--dataset\s+", "dataset=", message).replace("--dataset:", "dataset:")
