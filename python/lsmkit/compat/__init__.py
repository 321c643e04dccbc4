"""Interfaces of other libraries over an lsmkit database: `plyvel`, `zarr`, `mapper`.

Each is a module to import by name, such as ``from lsmkit.compat import plyvel``.
"""
