"""How fast the store is from Python, beside others: ``python -m lsmkit.bench``."""
