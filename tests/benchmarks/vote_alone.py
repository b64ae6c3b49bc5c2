"""`handseg ensemble` in a process that holds nothing else; prints its peak memory in MB."""

import sys

from handseg import cli
from tests.benchmarks.peak import peak_mb

if __name__ == "__main__":
    out, *stores = sys.argv[1:]
    weights = ["1"] * len(stores)
    code = cli.main(["ensemble", "--stores", *stores, "--weights", *weights, "--out", out])
    print(peak_mb())
    sys.exit(code)
