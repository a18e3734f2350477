#!/usr/bin/env python3
"""Makes the npm packages of a release: `release/npm.py ARCHIVES FOLDER`.

ARCHIVES is a folder with the archives that `release/archive` made. FOLDER gets a folder for each platform's package,
with the program in it, and one for the package that users install: its command starts the program of the platform.
"""

import json
import shutil
import sys
import tarfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# What Node.js calls a platform, and the target whose program runs there. The programs for Linux are static.
PLATFORMS = {
    ("linux", "x64"): "x86_64-unknown-linux-musl",
    ("linux", "arm64"): "aarch64-unknown-linux-musl",
    ("darwin", "x64"): "x86_64-apple-darwin",
    ("darwin", "arm64"): "aarch64-apple-darwin",
}


def write_package(folder: Path, package: dict[str, object]) -> None:
    folder.mkdir(parents=True)
    for name in ["LICENSE", "README.md"]:
        shutil.copy(ROOT / name, folder / name)
    (folder / "package.json").write_text(json.dumps(package, indent=2) + "\n")


def extract_program(archive: Path, entry: str, target: Path) -> None:
    with tarfile.open(archive) as file:
        content = file.extractfile(entry)
        assert content is not None, f"{entry} is a file"
        target.write_bytes(content.read())
    target.chmod(0o755)


def main(archives: Path, folder: Path) -> None:
    cargo = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]
    name, version = cargo["name"], cargo["version"]
    common = {
        "version": version,
        "description": cargo["description"],
        "license": cargo["license"],
        "repository": {"type": "git", "url": f"git+{cargo['repository']}.git"},
    }
    platforms = {}
    for (system, processor), target in PLATFORMS.items():
        platform = f"{name}-{system}-{processor}"
        platforms[platform] = version
        package = {"name": platform, **common, "os": [system], "cpu": [processor], "files": ["lls"]}
        write_package(folder / platform, package)
        stem = f"lls-{version}-{target}"
        extract_program(archives / f"{stem}.tar.gz", f"{stem}/lls", folder / platform / "lls")
    package = {
        "name": name,
        **common,
        "keywords": cargo["keywords"],
        "bin": {"lls": "lls.js"},
        "files": ["lls.js"],
        "engines": {"node": ">=18"},
        "optionalDependencies": platforms,
    }
    write_package(folder / name, package)
    shutil.copy(ROOT / "release/lls.js", folder / name / "lls.js")
    (folder / name / "lls.js").chmod(0o755)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: release/npm.py ARCHIVES FOLDER")
    main(Path(sys.argv[1]), Path(sys.argv[2]))
