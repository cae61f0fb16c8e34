"""Benchmarks: each figure of the running system beside a limit that is measured in the same run."""
