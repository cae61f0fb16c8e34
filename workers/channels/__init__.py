"""How pushes leave: one channel per file, all of them in `registry`."""
