"""Other libraries' interfaces over an lsmkit database: see the modules."""
