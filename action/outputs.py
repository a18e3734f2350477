#!/usr/bin/env -S python3 -I
"""Writes the outputs of the action: counts and ARNs out of the report of `lls plan` or `lls apply`."""

import json
import os
from pathlib import Path

# What became of a layer in a place, as a report of `apply` says it, and what that counts as.
OUTCOMES = {
    "created": "create",
    "published": "publish",
    "granted": "permission",
    "parameters_set": "parameters",
    "unchanged": "unchanged",
}
COUNTS = ["create", "publish", "permission", "parameters", "unchanged", "blocked"]


def counts_of(target: dict) -> dict[str, int]:
    """The counts of a plan; of an apply, how many outcomes of each kind there are."""
    if "counts" in target:
        return target["counts"]
    counts = dict.fromkeys(COUNTS, 0)
    for layer in target["layers"]:
        for place in layer["destinations"]:
            counts[OUTCOMES.get(place["outcome"], "blocked")] += 1
    return counts


def main() -> None:
    report = Path(os.environ["RUNNER_TEMP"], "lls-report.json")
    if not report.exists():
        return
    document = json.loads(report.read_text())
    targets = document.get("targets", [document] if "layers" in document else [])
    counts = [counts_of(target) for target in targets]
    total = {name: sum(count.get(name, 0) for count in counts) for name in COUNTS}
    arns = [
        {"layer": layer["layer"], "destination": place["destination"], "arn": place["current"]["arn"]}
        for target in targets
        for layer in target["layers"]
        for place in layer["destinations"]
        if place.get("current")
    ]
    changes = any(total[name] for name in ["create", "publish", "permission", "parameters"])
    lines = [f"changes={str(changes).lower()}"]
    lines += [f"{name}={count}" for name, count in total.items()]
    # JSON in one line: no text in it can become another output.
    lines.append(f"arns={json.dumps(arns)}")
    with Path(os.environ["GITHUB_OUTPUT"]).open("a") as file:
        file.write("\n".join(lines) + "\n")


main()
