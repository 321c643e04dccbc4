"""Packages that lsmkit can do without: imported when they are called for, never before."""

import importlib
import importlib.util
from typing import Any

__all__ = ["has", "need"]


def has(package: str) -> bool:
    """Whether a package is installed. It is not imported."""
    return importlib.util.find_spec(package) is not None


def need(package: str) -> Any:
    """The module of a package. ImportError says how to get it."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ImportError(f"this needs {package}: pip install {package}") from error
