"""Imports modules and loads libraries one by one, and writes what comes of each to a file: a line of JSON, before and after."""

import json
import os
import site
import sys
import traceback

with open(sys.argv[1], encoding="utf-8") as file:
    request = json.load(file)
results = open(sys.argv[2], "ab", buffering=0)


def say(**result):
    results.write(json.dumps(result).encode() + b"\n")


def end_of(error):
    # Without the frame of this script.
    lines = traceback.format_exception(type(error), error, error.__traceback__.tb_next)
    return "".join(lines)[-20_000:]


def load(library):
    # Here, for an interpreter may have been built without it.
    import ctypes

    ctypes.CDLL(library)


# The names that `site` gives every program, for it runs on Lambda.
site.setquit()
site.setcopyright()
site.sethelper()
sys.path[:0] = request["path"]
sys.argv[:] = ["bootstrap"]
say(python="%d.%d.%d" % sys.version_info[:3])
for module, library in request["modules"]:
    say(begun=module)
    try:
        if library:
            load(library)
        else:
            __import__(module)
    except BaseException as error:
        missing = error.name if isinstance(error, ModuleNotFoundError) else None
        say(traceback=end_of(error), missing=missing)
    else:
        say(imported=True)
# Threads that a module has started are not waited for.
os._exit(0)
