#!/usr/bin/env python3
"""Prints the notes of a release: `release/notes.py VERSION` is the section of CHANGELOG.md for it, without its heading.

Fails where there is no such section, or Cargo.toml has another version, so that no tag is released by mistake.
"""

import re
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def section(changelog: str, version: str) -> str:
    """The text between the heading of a version and the next one."""
    heading = re.compile(rf"^## \[?v?{re.escape(version)}\]?(?: .*)?$", re.MULTILINE)
    found = heading.search(changelog)
    if found is None:
        sys.exit(f"error: CHANGELOG.md has no section `## {version}`\nhint: name the section `Unreleased` after the version")
    rest = changelog[found.end() :]
    following = re.search(r"^## ", rest, re.MULTILINE)
    text = rest[: following.start() if following else None].strip()
    if not text:
        sys.exit(f"error: the section `## {version}` of CHANGELOG.md is empty")
    return text


def main(version: str) -> None:
    version = version.removeprefix("v")
    known = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
    if version != known:
        sys.exit(f"error: the release is {version}, but Cargo.toml has version {known}")
    print(section((ROOT / "CHANGELOG.md").read_text(), version))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: release/notes.py VERSION")
    main(sys.argv[1])
