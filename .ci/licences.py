#!/usr/bin/env python3
"""Every dependency's licence is on the list, and nothing is there twice that must not be. Reads `cargo tree` only, so that
it works without a network."""
import json
import re
import subprocess
import sys

ALLOWED = {"MIT", "MIT-0", "Apache-2.0", "Apache-2.0 WITH LLVM-exception", "BSD-1-Clause", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib",
           "Unicode-3.0", "Unicode-DFS-2016", "MPL-2.0", "CC0-1.0", "Unlicense", "BSL-1.0", "0BSD", "CDLA-Permissive-2.0"}
# Crates that link or lock something of which there can be one only.
SINGLE = {"libsqlite3-sys", "crossterm", "ratatui", "rustls", "tokio"}


def fits(expression: str) -> bool:
    """Whether an SPDX expression can be met from the list: any side of an OR, every side of an AND."""
    expression = expression.replace("/", " OR ")
    tokens = re.findall(r"\(|\)|[^\s()]+", expression)

    def either(at: int) -> tuple[bool, int]:
        value, at = both(at)
        while at < len(tokens) and tokens[at] == "OR":
            other, at = both(at + 1)
            value = value or other
        return value, at

    def both(at: int) -> tuple[bool, int]:
        value, at = one(at)
        while at < len(tokens) and tokens[at] == "AND":
            other, at = one(at + 1)
            value = value and other
        return value, at

    def one(at: int) -> tuple[bool, int]:
        if tokens[at] == "(":
            value, at = either(at + 1)
            return value, at + 1
        name, at = tokens[at], at + 1
        if at < len(tokens) and tokens[at] == "WITH":
            name, at = f"{name} WITH {tokens[at + 1]}", at + 2
        return name in ALLOWED, at

    return either(0)[0]


def main() -> None:
    # The tree, not the lock file: that one also lists what no feature of ours ever builds.
    tree = ["cargo", "tree", "--locked", "-e", "normal,build,dev", "--target", "all", "--prefix", "none", "--format", "{p}\t{l}"]
    out = subprocess.run(tree, check=True, stdout=subprocess.PIPE, text=True).stdout
    lines = {line.removesuffix(" (*)") for line in out.splitlines() if line}
    packages = [(words[0], words[1].lstrip("v"), licence) for line in lines for what, _, licence in [line.partition("\t")]
                for words in [what.split(" ")] if words[0] != "loong"]
    bad = [f"{name} {version}: {licence or 'no licence'}" for name, version, licence in packages if not fits(licence or "none")]
    names = [name for name, _, _ in set(packages)]
    bad += [f"{name} is there {names.count(name)} times" for name in sorted(SINGLE) if names.count(name) > 1]
    assert not fits("GPL-3.0-only") and fits("(MIT OR GPL-2.0) AND ISC") and not fits("MIT AND LGPL-3.0"), "the check itself is broken"
    if bad:
        sys.exit("\n".join(bad))
    print(f"{len(packages)} dependencies, all under licences of the list")


main()
