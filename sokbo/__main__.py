"""`python -m sokbo`, the same as `sokbo`."""

from sokbo.cli import main

if __name__ == "__main__":
    main(prog_name="sokbo")
