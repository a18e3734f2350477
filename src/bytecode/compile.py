"""Compiles sources, none of which it runs or imports, and writes what comes of each to a file.

Works with CPython 3.8 and later. Reads `path length, path, source length, source` for each source; writes, after the
interpreter's magic number and version, `outcome, hash of the source, code length, marshalled code` for each. Lengths
are 32-bit little endian.
"""

import marshal
import sys
from importlib.util import MAGIC_NUMBER, source_hash

COMPILED, NOT_PYTHON, FAILED = b"c", b"n", b"f"

requests = open(sys.argv[1], "rb")
results = open(sys.argv[2], "wb")


def read():
    head = requests.read(4)
    return requests.read(int.from_bytes(head, "little")) if head else None


def compiled(source, path):
    # As `importlib` compiles what it imports.
    try:
        code = compile(source, path, "exec", dont_inherit=True, optimize=0)
        return COMPILED, marshal.dumps(code)
    except (SyntaxError, ValueError):
        return NOT_PYTHON, b""
    except (RecursionError, MemoryError, OverflowError) as error:
        # Where these begin depends on the machine, so they may not decide what a layer holds.
        return FAILED, type(error).__name__.encode()


results.write(MAGIC_NUMBER + bytes(sys.version_info[:3]))
while True:
    path = read()
    if path is None:
        break
    source = read()
    outcome, code = compiled(source, path.decode())
    results.write(outcome + source_hash(source) + len(code).to_bytes(4, "little") + code)
    # So that it shows which source has ended the interpreter.
    results.flush()
