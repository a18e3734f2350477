#!/usr/bin/env python3
"""Measure `lls` against its peers on this machine, in one run, and write docs/benchmarks.md.

Everything is installed into target/bench. Ratios count, times do not: machines are noisy.
usage: python3 bench/run.py [--rounds N] [--without-sam] [--output FILE]
"""

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BENCH = ROOT / "target" / "bench"
LLS = ROOT / "target" / "release" / "lls"
CACHE = BENCH / "cache"
PYTHON = "python%d.%d" % sys.version_info[:2]

SETS = {
    "requests": ["requests"],
    "numpy + pandas": ["numpy", "pandas"],
    "numpy + scipy + pandas": ["numpy", "scipy", "pandas"],
}
SCALES = [1, 10, 100, 1000]
# How often the quick ones have their turn in a round, in which the slow ones have one.
QUICK_TURNS = 5
BUILD = "lls build, wheels cached"
OUTPUT = "lls build --output-dir dist, wheels cached"
# Whatever publishes an archive must hash it: what that alone costs tells how far goals can be reached.
HASHING = "openssl sha256 of the archive alone"
# How many times as long as `lls build` each peer should take at least, but for the smallest set.
GOALS = {
    "cp wheels + openssl sha256": 1,
    "uv pip install --target + zip -r -X": 100,
    "sam build": 250,
}
# What docs/benchmarks.md says of the micro-benchmarks, whose results are not kept.
PARTS = (
    "`just bench-micro` (`cargo bench --bench micro`, criterion) measures what every plan and build does for a layer: the "
    "fingerprint of 1,000 own files, both read and already known; an archive of 10,000 entries, laid out and written to memory; "
    "the directory of a wheel of 2,000 entries; a lock of 200 wheels; and planning a layer of 5,000 changed files. It compares "
    "with the previous run on the same machine, so it shows which part a change makes slower. It is not a test."
)


def run(command, cwd, **environment):
    outcome = subprocess.run(
        command, cwd=cwd, env={**os.environ, "LLS_CACHE_DIR": str(CACHE), **environment},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, shell=isinstance(command, str), text=True,
    )
    if outcome.returncode != 0:
        sys.exit(f"{command} failed:\n{outcome.stdout}")
    return outcome.stdout


class Sampler(threading.Thread):
    """Watches the anonymous memory of a process until it ends, in kB."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.status, self.peak, self.alive = Path(f"/proc/{pid}/status"), 0, True

    def run(self):
        while self.alive:
            try:
                for line in self.status.read_text().splitlines():
                    if line.startswith("RssAnon"):
                        self.peak = max(self.peak, int(line.split()[1]))
            except OSError:
                return
            time.sleep(0.0005)


def anonymous_memory(command, cwd):
    """Peak anonymous memory of `command` in MB; memory that is backed by files is not counted."""
    process = subprocess.Popen(
        command, cwd=cwd, env={**os.environ, "LLS_CACHE_DIR": str(CACHE)},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )
    sampler = Sampler(process.pid)
    sampler.start()
    process.wait()
    sampler.alive = False
    sampler.join()
    return sampler.peak / 1000


def seconds(prepare, work):
    prepare()
    os.sync()  # nobody pays for what another one left to be written
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def medians(rounds, quick, slow):
    """The median of each contestant; all take turns, so that a slow moment of the machine hits all of them."""
    times = {name: [] for name in [*quick, *slow]}
    for _ in range(rounds):
        for contestants, turns in [(quick, QUICK_TURNS), (slow, 1)]:
            for _ in range(turns):
                for name, (prepare, work) in contestants.items():
                    times[name].append(seconds(prepare, work))
    return {name: statistics.median(values) for name, values in times.items()}


def project(name, manifest, files):
    folder = BENCH / name
    shutil.rmtree(folder, ignore_errors=True)
    for path, content in {"layers.toml": manifest, **files}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)
    return folder


def manifest(layers):
    return (
        f'[targets.local]\ndirectory = "registry"\n\n[defaults]\nruntimes = ["{PYTHON}"]\n'
        + "".join(f'\n[layers.{name}]\ndescription = "v1.0.0"\n' for name in layers)
    )


def measure_set(title, packages, rounds, uv, sam):
    slug = title.replace(" ", "")
    folder = project(slug, manifest(["it"]), {"layers/it/requirements.txt": "\n".join(packages) + "\n"})
    run([LLS, "build"], folder)
    archive = next((folder / ".lls/archives").glob("*.zip"))
    result = folder / "result.zip"
    shutil.copy(archive, result)
    hashes = [line.split("sha256:")[1].strip() for line in (folder / "layers/it/requirements.lock").read_text().splitlines() if "--hash=" in line]
    wheels = " ".join(str(CACHE / "wheels" / f"{value}.whl") for value in hashes)
    requirements = folder / "layers/it/requirements.lock"

    def clear(*names):
        for name in names:
            shutil.rmtree(folder / name, ignore_errors=True)

    def emptied(name):
        clear(name)
        (folder / name).mkdir()

    def peer(command, name):
        def prepare():
            clear(name)
            (folder / f"{name}.zip").unlink(missing_ok=True)
        return prepare, lambda: run(command, folder)

    build = lambda: run([LLS, "build"], folder)
    quick = {
        BUILD: (lambda: clear(".lls"), build),
        OUTPUT: (lambda: clear(".lls", "dist"), lambda: run([LLS, "build", "--output-dir", "dist"], folder)),
        "lls build, nothing changed": (lambda: None, build),
        "cp wheels + openssl sha256": (
            lambda: emptied("copies"), lambda: run(f"cp {wheels} copies/ && openssl sha256 result.zip", folder)
        ),
        HASHING: (lambda: None, lambda: run(["openssl", "sha256", "result.zip"], folder)),
    }
    slow = {
        "uv pip install --target + zip -r -X": peer(
            f"{uv} pip install -q --target uv/python -r {requirements} --no-deps && cd uv && zip -q -r -X ../uv.zip .", "uv"
        ),
        "pip install -t + zip -r -X": peer(
            f"python3 -m pip install -q --no-deps -t pip/python -r {requirements} && cd pip && zip -q -r -X ../pip.zip .", "pip"
        ),
    }
    if sam:
        slow |= sam_builds(folder, requirements, sam)
    times = medians(rounds, quick, slow)
    clear(".lls")
    forget_notes()
    memory = anonymous_memory([LLS, "build"], folder)
    return times, result.stat().st_size, memory


def forget_notes():
    """As if the cached wheels had just been downloaded: what their native files need is found in the measured run."""
    for note in (CACHE / "wheels").glob("*.elf.json"):
        note.unlink()


def sam_builds(folder, requirements, sam):
    source = folder / "sam"
    (source / "layer").mkdir(parents=True, exist_ok=True)
    pins = [line.split(" ")[0] for line in requirements.read_text().splitlines() if "==" in line]
    (source / "layer/requirements.txt").write_text("\n".join(pins) + "\n")
    (source / "template.yaml").write_text(
        "AWSTemplateFormatVersion: '2010-09-09'\nTransform: AWS::Serverless-2016-10-31\nResources:\n"
        "  It:\n    Type: AWS::Serverless::LayerVersion\n    Metadata:\n"
        f"      BuildMethod: {PYTHON}\n    Properties:\n      ContentUri: layer\n      CompatibleRuntimes: [{PYTHON}]\n"
    )

    def emptied():
        shutil.rmtree(source / ".aws-sam", ignore_errors=True)
        (source / "sam.zip").unlink(missing_ok=True)

    build = lambda: run([sam, "build"], source, SAM_CLI_TELEMETRY="0")

    def pack():  # `sam build` leaves a folder, of which `sam deploy` makes the archive
        build()
        run("cd .aws-sam/build/It && zip -q -r -X ../../../sam.zip .", source)

    return {"sam build": (emptied, build), "sam build + zip -r -X": (emptied, pack)}


def measure_scale(count, runs):
    names = [f"layer{number:04}" for number in range(count)]
    files = {
        f"layers/{name}/python/{name}/part{part}.py": f"VALUE = {part}\n" * 20
        for name in names for part in range(10)
    }
    folder = project(f"scale{count}", manifest(names), files)
    run([LLS, "apply", "--yes"], folder)
    time.sleep(2.5)  # files that changed a moment ago are read again
    run([LLS, "plan"], folder)
    return statistics.median(seconds(lambda: None, lambda: run([LLS, "plan"], folder)) for _ in range(runs))


def verdict(name, times, goal):
    if goal is None:
        return ""
    if times[name] >= goal * times[BUILD]:
        return f"at least {goal} ×: met"
    return f"at least {goal} ×: missed; hashing alone would be {times[name] / times[HASHING]:.0f} ×"


def version(command):
    return run(command, ROOT).strip().splitlines()[0]


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--without-sam", action="store_true")
    arguments.add_argument("--output", type=Path, default=ROOT / "docs" / "benchmarks.md")
    options = arguments.parse_args()
    if not LLS.exists():
        sys.exit("build it first: cargo build --release")
    BENCH.mkdir(parents=True, exist_ok=True)
    tools = BENCH / "tools"
    if not (tools / "bin/uv").exists():
        run([sys.executable, "-m", "venv", tools], BENCH)
        run([tools / "bin/pip", "install", "-q", "uv==0.13.9"], BENCH)
    sam = None
    if not options.without_sam:
        sam = BENCH / "sam-tools/bin/sam"
        if not sam.exists():
            run([sys.executable, "-m", "venv", BENCH / "sam-tools"], BENCH)
            run([BENCH / "sam-tools/bin/pip", "install", "-q", "aws-sam-cli"], BENCH)
    uv = tools / "bin/uv"
    os.environ["LLS_UV"] = str(uv)

    cpu = next((line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "unknown")
    versions = [version([LLS, "--version"]), version([uv, "--version"]), f"pip {version([sys.executable, '-m', 'pip', '--version']).split()[1]}",
                version(["openssl", "version"]), f"Python {platform.python_version()}"]
    if sam:
        versions.append(version([sam, "--version"]))
    lines = [
        "# Benchmarks", "",
        "Measured by `just bench` (`python3 bench/run.py`) in one run on one machine. Compare the ratios: the times differ from machine to machine.", "",
        f"- {cpu}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        f"- {', '.join(versions)}", f"- medians of {options.rounds * QUICK_TURNS} runs, of {options.rounds} for uv, pip, and sam; the tools take turns", "",
    ]
    for title, packages in SETS.items():
        times, size, memory = measure_set(title, packages, options.rounds, uv, sam)
        own = times[BUILD]
        lines += [f"## {title}", "", f"{size / 1e6:.1f} MB zipped; `lls build` used {memory:.0f} MB of anonymous memory.", "",
                  "| | ms | compared with `lls build` | goal |", "|---|---:|---:|---|"]
        goals = GOALS if title != "requests" else {}
        lines += [
            f"| {name} | {seconds * 1e3:.1f} | {seconds / own:.2f} × | {verdict(name, times, goals.get(name))} |"
            for name, seconds in times.items()
        ]
        lines.append("")
        print("\n".join(lines[-len(times) - 6:]), flush=True)
    lines += ["## `lls plan` with nothing to do", "", "Layers of ten files, everything cached, in a directory registry. Times include startup.", "",
              "| layers | ms | ms per layer |", "|---:|---:|---:|"]
    for count in SCALES:
        seconds = measure_scale(count, options.rounds * QUICK_TURNS)
        lines.append(f"| {count} | {seconds * 1e3:.1f} | {seconds * 1e3 / count:.3f} |")
        print(lines[-1], flush=True)
    lines += ["", "## Single parts", "", PARTS]
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
