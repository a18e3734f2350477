#!/usr/bin/env python3
"""Measure what bytecode is worth: how long modules take to import from layers that `lls` built, with and without it.

Each layer is unpacked as Lambda has it: read-only, with the dates of the archive (1980). Modes take turns, so that what
slows the machine down slows all of them down. Writes the tables of docs/cold-starts.md.
usage: python3 bench/imports.py [--rounds N] [--lls PROGRAM] [--pythons FILE...] [--output FILE]
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "target" / "bench-imports"
MODES = ["none", "checked-hash", "unchecked-hash"]
START, END = "<!-- bench-imports: begin -->\n", "<!-- bench-imports: end -->\n"
# What a layer holds, and what a function does with it before its handler is called.
SETS = {
    "requests": (["requests"], "import requests"),
    "boto3 with a client": (["boto3"], "import boto3; boto3.client('s3', region_name='us-east-1')"),
    "pydantic": (["pydantic"], "import pydantic\nclass A(pydantic.BaseModel):\n    a: int"),
    "aiohttp": (["aiohttp"], "import aiohttp"),
    "sqlalchemy": (["sqlalchemy"], "import sqlalchemy, sqlalchemy.orm"),
}
SETS["all of these"] = (
    [package for packages, _ in SETS.values() for package in packages],
    "\n".join(script for _, script in SETS.values()),
)
# Prints the seconds that a script takes, after what every process does.
TIMED = "import sys, time; sys.path[:0] = sys.argv[1].split(':'); start = time.perf_counter(); exec(sys.argv[2]); print(time.perf_counter() - start)"


def run(command, **options):
    outcome = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    if outcome.returncode != 0:
        sys.exit(f"{command} failed:\n{outcome.stdout}{outcome.stderr}")
    return outcome.stdout


def version(python):
    return run([python, "-I", "-c", "import platform; print(platform.python_version())"]).strip()


def build(lls, runtime, pythons, packages):
    """A folder for each mode with the unpacked layer, and the sizes of its archives."""
    project = BENCH / runtime
    shutil.rmtree(project, ignore_errors=True)
    layers = {mode: project / "layers" / mode for mode in MODES}
    manifest = f'[targets.local]\ndirectory = "registry"\n\n[defaults]\nruntimes = ["{runtime}"]\n'
    for mode, layer in layers.items():
        layer.mkdir(parents=True)
        (layer / "requirements.txt").write_text("".join(f"{package}\n" for package in packages))
        manifest += f'\n[layers.{mode}]\ndescription = "v1.0.0"\nbytecode = "{mode}"\n'
    (project / "layers.toml").write_text(manifest)
    folders = [str(Path(python).resolve().parent) for python in pythons]
    path = os.pathsep.join([*folders, os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "LLS_CACHE_DIR": str(BENCH / "cache")}
    run([lls, "build", "--output-dir", "out"], cwd=project, env=environment)
    unpacked = {}
    for mode in MODES:
        opt = project / "opt" / mode
        with zipfile.ZipFile(project / "out" / f"{mode}.zip") as archive:
            archive.extractall(opt)
        for path in [opt, *opt.rglob("*")]:
            os.utime(path, (315532800, 315532800))
            path.chmod(0o555)
        sizes = (project / "out" / f"{mode}.zip").stat().st_size, sum(p.stat().st_size for p in opt.rglob("*") if p.is_file())
        unpacked[mode] = opt, sizes
    return unpacked


def seconds(python, opt, runtime, script):
    path = f"{opt}/python/lib/{runtime}/site-packages:{opt}/python"
    return float(run([python, "-I", "-S", "-B", "-c", TIMED, path, script], env={"HOME": "/", "PATH": "/usr/bin:/bin"}))


def measure(unpacked, python, runtime, script, rounds):
    times = {mode: [] for mode in MODES}
    for number in range(rounds + 1):
        for mode, (opt, _) in unpacked.items():
            time = seconds(python, opt, runtime, script)
            if number:  # the first round reads the files into memory
                times[mode].append(time)
    return {mode: statistics.median(values) for mode, values in times.items()}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--rounds", type=int, default=8)
    arguments.add_argument("--lls", type=Path, default=ROOT / "target" / "release" / "lls")
    arguments.add_argument("--pythons", nargs="+", default=["python3"])
    arguments.add_argument("--output", type=Path, default=ROOT / "docs" / "cold-starts.md")
    options = arguments.parse_args()
    everything = SETS["all of these"][0]
    lines = []
    for python in options.pythons:
        release = version(python)
        runtime = "python" + release.rpartition(".")[0]
        unpacked = build(options.lls.resolve(), runtime, options.pythons, everything)
        lines += [f"CPython {release}, median of {options.rounds} processes:", ""]
        lines += ["| imported | none | checked-hash | unchecked-hash | unchecked-hash / none |", "| --- | ---: | ---: | ---: | ---: |"]
        for name, (_, script) in SETS.items():
            times = measure(unpacked, python, runtime, script, options.rounds)
            cells = [f"{times[mode] * 1000:,.0f} ms" for mode in MODES]
            lines.append(f"| {name} | {' | '.join(cells)} | {times['unchecked-hash'] / times['none']:.2f} |")
            print(lines[-1], file=sys.stderr)
        (zipped, size), (zipped_with, size_with) = unpacked["none"][1], unpacked["unchecked-hash"][1]
        lines += ["", f"With bytecode, the layer takes {zipped_with / 1e6:.1f} MB zipped instead of {zipped / 1e6:.1f} MB, and {size_with / 1e6:.1f} MB unpacked instead of {size / 1e6:.1f} MB.", ""]
    text = options.output.read_text()
    before, after = text.split(START)[0], text.split(END)[1]
    options.output.write_text(before + START + "\n" + "\n".join(lines) + "\n" + END + after)


main()
