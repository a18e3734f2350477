#!/usr/bin/env python3
"""Build a layer of each package in corpus/packages.txt, import it, and write docs/compatibility.md.

Results and wheels are kept in target/corpus. What the same version of `lls` tried before is not tried again, unless it was refused.
The page has all that is kept, also where only some packages are tried now. Exit status 1: refusals, or a layer that breaks imports.
"""

import argparse
import concurrent.futures
import datetime
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "corpus" / "packages.txt"
LIMIT = 262_144_000
GOAL = 99
BROKEN = "broken"
SECONDS = {"search": 600, "build": 1800, "import": 300}
OUTCOMES = ["accepted", "too large", "without wheel", "refused", "not resolved"]
MANIFEST = """[targets.local]
directory = "registry"

[layers.it]
directory = "layer"
description = "v1.0.0"
runtimes = ["{0.runtime}"]
architecture = "{0.architecture}"
"""


class Platform(NamedTuple):
    runtime: str
    architecture: str
    uv: str

    def __str__(self):
        return f"{self.runtime} {self.architecture}"

    @property
    def version(self):
        return self.runtime.removeprefix("python")


PLATFORMS = [
    Platform("python3.12", "x86_64", "x86_64-manylinux_2_34"),
    Platform("python3.13", "arm64", "aarch64-manylinux_2_34"),
]


class Package(NamedTuple):
    requirement: str
    marked: bool

    @property
    def name(self):
        return re.split(r"[\[=<>~!;]", self.requirement)[0]


def packages():
    lines = (line.split("#")[0].split() for line in LIST.read_text().splitlines())
    return [Package(line[-1], line[0] == "*") for line in lines if line]


def run(command, seconds, **options):
    """Status, output and errors of a program; one that takes too long fails."""
    try:
        outcome = subprocess.run(command, capture_output=True, text=True, timeout=seconds, **options)
        return outcome.returncode, outcome.stdout, outcome.stderr
    except subprocess.TimeoutExpired:
        return 1, "", f"error: no end after {seconds} seconds"


def find_python(version):
    """The CPython of a version on PATH or of pyenv, if there is one."""
    folders = [Path(folder) for folder in os.get_exec_path()]
    folders += sorted(Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob(f"versions/{version}.*/bin"))
    script = "import sys; print('%s %d.%d' % (sys.implementation.name, *sys.version_info[:2]))"
    for candidate in (folder / f"python{version}" for folder in folders):
        if candidate.is_file() and run([candidate, "-I", "-c", script], 60)[1].strip() == f"cpython {version}":
            return candidate
    return None


class Corpus:
    """What all layers have in common: programs, and where they keep things."""

    def __init__(self, lls, work):
        self.lls, self.work = lls, work
        self.uv = os.environ.get("LLS_UV") or shutil.which("uv") or sys.exit("uv is needed, on PATH or as LLS_UV")
        self.version = self.first_line([lls, "--version"])
        self.pythons = {platform: find_python(platform.version) for platform in PLATFORMS}
        self.environment = {"LLS_CACHE_DIR": str(work / "cache"), **os.environ, "LLS_UV": self.uv, "UV_PYTHON_DOWNLOADS": "never"}

    def first_line(self, command):
        return run(command, 60)[1].splitlines()[0]

    def run_uv(self, arguments, target, seconds, **options):
        command = [self.uv, "pip", *arguments, "-q", "--only-binary", ":all:", "-p", sys.executable]
        command += ["--python-platform", target.uv, "--python-version", target.version]
        return run(command, seconds, env=self.environment, **options)

    def folder(self, package, target):
        return self.work / f"{target.runtime}-{target.architecture}" / package.name

    def kept(self, package, target):
        """What this version of `lls` made of the package before."""
        file = self.folder(package, target) / "result.json"
        result = json.loads(file.read_text()) if file.exists() else {}
        same = (result.get("lls"), result.get("requirement")) == (self.version, package.requirement)
        return result if same else None

    def result(self, package, target, again):
        kept = self.kept(package, target)
        if kept and kept["outcome"] != "refused" and not again:
            return kept
        folder = self.folder(package, target)
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "layer").mkdir(parents=True)
        (folder / "layer" / "requirements.txt").write_text(package.requirement + "\n")
        (folder / "layers.toml").write_text(MANIFEST.format(target))
        result = {"lls": self.version, "requirement": package.requirement, **self.attempt(package, target, folder)}
        shutil.rmtree(folder / ".lls", ignore_errors=True)
        if result["outcome"] != "not resolved":
            (folder / "result.json").write_text(json.dumps(result))
        return result

    def attempt(self, package, target, folder):
        status, lock, reason = self.run_uv(
            ["compile", "--no-header", "--format", "pylock.toml", "-"], target, SECONDS["search"], input=package.requirement, cwd=folder
        )
        if status and ("No solution found" not in reason or "network was disabled" in reason):
            return {"outcome": "not resolved", "reason": first_error(reason)}
        installable = status == 0
        if installable and (size := zipped_size(lock)) > LIMIT:
            return {"outcome": "too large", "reason": f"its wheels take {size / 1e6:.0f} MB, even before unpacking"}
        status, built, reason = run([self.lls, "build", "--format", "json"], SECONDS["build"], cwd=folder, env=self.environment)
        if status == 0:
            layer = json.loads(built)["layers"][0]
            versions = {found["name"]: found["version"] for found in layer["packages"]}
            found = {"outcome": "accepted", "size": layer["unpacked_size"], "packages": len(versions)}
            found["version"] = versions[re.sub("[-_.]+", "-", package.name).lower()]
            return found | {"imports": self.imports(package, target, folder, folder / layer["path"])}
        reason = first_error(reason)
        if "more than the 262,144,000 bytes" in reason:
            return {"outcome": "too large", "reason": reason}
        if not installable:
            return {"outcome": "without wheel", "reason": reason}
        return {"outcome": "refused", "reason": f"{reason} ({self.uv_installs(target, folder, folder / 'uv')})"}

    def uv_installs(self, target, folder, into):
        lock = folder / "layer" / "requirements.lock"
        requirements = ["--no-deps", "-r", lock] if lock.exists() else ["-r", folder / "layer" / "requirements.txt"]
        status, _, reason = self.run_uv(["install", "--target", into, *requirements], target, SECONDS["build"], cwd=folder)
        return "uv installs it" if status == 0 else f"uv refuses it too: {first_error(reason)}"

    def imports(self, package, target, folder, archive):
        """What came of importing the package from its layer."""
        python = self.pythons[target]
        if python is None:
            return f"not tried: no {target.runtime} here"
        machine = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
        with zipfile.ZipFile(archive) as content:
            native = any(re.search(r"\.so(\.[0-9.]+)?$", name) for name in content.namelist())
            if native and machine != target.architecture:
                return f"not tried: native code for {target.architecture}"
            with tempfile.TemporaryDirectory(dir=folder) as opt:
                content.extractall(opt)
                failure = import_failure(python, package.name, Path(opt) / "python")
        if failure is None:
            return "imported"
        with tempfile.TemporaryDirectory(dir=folder) as by_uv:
            same = self.uv_installs(target, folder, by_uv) == "uv installs it" and import_failure(python, package.name, by_uv)
        return f"not importable: {failure}" if same == failure else f"{BROKEN}: {failure}"


def import_failure(python, name, folder):
    with tempfile.TemporaryDirectory() as home:
        environment = {"HOME": home, "LD_LIBRARY_PATH": f"{Path(folder).parent}/lib", "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [python, "-s", "-S", ROOT / "corpus" / "imports.py", folder, name]
        status, _, errors = run(command, SECONDS["import"], cwd=home, env=environment)
    lines = errors.strip().splitlines() or [f"ended with status {status}"]
    return lines[-1].replace(str(folder), "/opt/python") if status else None


def zipped_size(lock):
    """The bytes of the smallest wheels that a lock lists for each package."""
    wheels = (package.get("wheels", []) for package in tomllib.loads(lock).get("packages", []))
    return sum(min((wheel.get("size", 0) for wheel in files), default=0) for files in wheels)


def first_error(text):
    """An error with its causes, in one line without hints."""
    lines = text.split("hint:")[0].strip().splitlines()
    lines = [line.strip() for line in lines if line.strip() and not line.startswith(("Locked", "Downloaded", "warning:"))]
    return re.sub(r"https?://\S+", "(address)", " ".join(lines).removeprefix("error: ")) or "no reason given"


def summary(results):
    """Counts for a platform, and the share of what uv can install and a layer can hold."""
    counts = {outcome: sum(result["outcome"] == outcome for result in results) for outcome in OUTCOMES}
    wanted = counts["accepted"] + counts["refused"]
    return counts, 100 * counts["accepted"] / wanted if wanted else 100.0


def cell(result):
    if result["outcome"] != "accepted":
        return result["outcome"]
    return f"{result['size'] / 1e6:.1f} MB, {result['imports'].split(':')[0]}"


def render(corpus, results, listed):
    """The Markdown document."""
    names = sorted({name for name, _ in results})
    lines = [
        "# Compatibility", "",
        "This page lists packages that are often used in Lambda layers. Each one was built as a separate layer, and imported in CPython if the "
        "machine has the right version and architecture. `just corpus` writes this page, and `just corpus NAME...` tries single packages. "
        "`corpus/packages.txt` lists the packages.", "",
        f"- {datetime.date.today()}, {corpus.version}, {corpus.first_line([corpus.uv, '--version'])}",
        f"- {len(names)} of the {listed} listed packages were tried" + ("; the figures are for these only" if len(names) < listed else ""), "",
        "| | " + " | ".join(map(str, PLATFORMS)) + " |", "|---|" + "---:|" * len(PLATFORMS),
    ]
    columns = [summary([results[name, target] for name in names]) for target in PLATFORMS]
    lines += [f"| {outcome} | " + " | ".join(str(counts[outcome]) for counts, _ in columns) + " |" for outcome in OUTCOMES]
    imported = [sum(results[name, target].get("imports") == "imported" for name in names) for target in PLATFORMS]
    lines += ["| imported | " + " | ".join(map(str, imported)) + " |"]
    lines += [f"| accepted, of the packages that uv can install and that fit in a layer (goal: {GOAL} %) | " + " | ".join(f"{rate:.1f} %" for _, rate in columns) + " |"]
    lines += [
        "", "- too large: the layer has more than the 262,144,000 bytes that Lambda allows", "- without wheel: uv does not find a wheel for the platform either",
        "- not resolved: the index could not be reached", "- not tried: the layer was built, but the machine cannot import it: it has native code for another architecture, or needs a CPython that is not installed",
        "- not importable: what uv installs from the same wheels cannot be imported either",
        f"- {BROKEN}: what uv installs from the same wheels can be imported, but the layer cannot", "",
    ]
    lines += ["## Reasons", "", "| package | platform | | reason |", "|---|---|---|---|"]
    for name in names:
        for target in PLATFORMS:
            result = results[name, target]
            reason = result.get("reason") or (result["imports"] if result["imports"].startswith((BROKEN, "not importable")) else None)
            if reason:
                lines.append(f"| {name} | {target} | {result['outcome']} | {reason.replace('|', chr(92) + '|')} |")
    lines += ["", "## Packages", "", "The size is that of the unpacked layer, including the package's dependencies.", ""]
    lines += ["| package | version | " + " | ".join(map(str, PLATFORMS)) + " |", "|---|---|" + "---|" * len(PLATFORMS)]
    for name in names:
        tried = [results[name, target] for target in PLATFORMS]
        versions = dict.fromkeys(result["version"] for result in tried if "version" in result)
        lines.append(f"| {name} | {', '.join(versions)} | " + " | ".join(map(cell, tried)) + " |")
    return "\n".join(lines) + "\n"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("packages", nargs="*", metavar="PACKAGE", help="names in the list; all of it if there are none")
    arguments.add_argument("--marked", action="store_true", help="only those marked with `*`, which the tests build")
    arguments.add_argument("--again", action="store_true", help="build also what was accepted before")
    arguments.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments.add_argument("--lls", type=Path, default=ROOT / "target" / "release" / "lls")
    arguments.add_argument("--output", type=Path, default=ROOT / "docs" / "compatibility.md")
    arguments.add_argument("--work", type=Path, default=ROOT / "target" / "corpus", help="where results and wheels are kept")
    options = arguments.parse_args()
    listed = packages()
    if unknown := set(options.packages) - {package.name for package in listed}:
        sys.exit(f"not in {LIST.name}: {', '.join(sorted(unknown))}")
    wanted = [package for package in listed if package.marked or not options.marked]
    wanted = [package for package in wanted if package.name in options.packages or not options.packages]
    corpus = Corpus(options.lls.resolve(), options.work.resolve())
    results = {}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        tasks = {pool.submit(corpus.result, package, target, options.again): (package.name, target) for package in wanted for target in PLATFORMS}
        for task in concurrent.futures.as_completed(tasks):
            name, target = tasks[task]
            result = results[name, target] = task.result()
            print(f"{name} on {target}: {result['outcome']}, {result.get('reason') or result['imports']}", flush=True)
    for package in listed:
        before = {(package.name, target): corpus.kept(package, target) for target in PLATFORMS}
        results = (before if all(before.values()) else {}) | results
    document = render(corpus, results, len(listed))
    options.output.write_text(document)
    print(document.split("## Reasons")[0])
    rates = [summary([result for (_, on), result in results.items() if on == target])[1] for target in PLATFORMS]
    broken = any(result.get("imports", "").startswith(BROKEN) for result in results.values())
    sys.exit(broken or min(rates) < GOAL)


if __name__ == "__main__":
    main()
