"""Packages that lsmkit can do without: imported when they are called for, never before."""

import importlib
from typing import Any

__all__ = ["need"]


def need(package: str) -> Any:
    """The module of a package. ImportError says how to get it."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise ImportError(f"this needs {package}: pip install {package}") from error
