"""The ensemble stage in a process that holds nothing else; prints its peak memory in MB."""

import sys

from handseg.stages.ensemble import ensemble
from handseg.storage.location import Location
from tests.benchmarks.peak import peak_mb

if __name__ == "__main__":
    out, *stores = (Location(path) for path in sys.argv[1:])
    ensemble(stores=stores, out=out, weights=[1.0] * len(stores))
    print(peak_mb())
