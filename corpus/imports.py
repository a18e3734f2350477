"""Import the top modules of a distribution from a folder, as a function does from /opt/python.

usage: python3 -s -S imports.py FOLDER DISTRIBUTION
"""

import importlib
import importlib.metadata
import sys

SKIPPED = {"benchmarks", "docs", "examples", "scripts", "setup", "test", "tests"}
SUFFIXES = (".py", ".so")


def modules(files):
    """The packages nearest to the root, also below namespaces, and the modules at the root."""
    paths = {file.parts for file in files if file.name.endswith(SUFFIXES) and ".." not in file.parts}
    packages = {path[:-1] for path in paths if path[-1].split(".")[0] == "__init__"}
    found = set()
    for path in paths:
        prefixes = (path[:length] for length in range(1, len(path)))
        package = next((prefix for prefix in prefixes if prefix in packages), None)
        if package or len(path) == 1:
            found.add(".".join(package or [path[0].split(".")[0]]))
    return sorted(name for name in found if name.split(".")[0] not in SKIPPED and all(part.isidentifier() for part in name.split(".")))


folder, distribution = sys.argv[1:]
sys.path[0] = folder
names = modules(importlib.metadata.distribution(distribution).files)
for name in names:
    importlib.import_module(name)
print(*names)
