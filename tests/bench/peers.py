#!/usr/bin/env python3
"""Loong's verifier and Math-Verify over the same labelled pairs in one run: precision, recall, false-positive rate, pairs/s.

    tests/bench/peers.py [FILE] [--loong BINARY]

FILE has a pair a line: JSON with `reference`, `response` and `label`, or the four fields of tests/verifier/table.tsv, which
is the default. Math-Verify comes from PyPI into an environment of its own and runs as its users run it: in one process,
its own time-outs on, both sides parsed, compared from both sides, first as they stand and then as formulas between dollar
signs. Loong's is `loong verify -j1`, start-up included. Exits 1 where Loong is less than 1,000 times as fast.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import time
import venv

ROOT = pathlib.Path(__file__).resolve().parents[2]
PACKAGE = "math-verify[antlr4-13-2]==0.9.0"
FASTER = 1_000
# Lines given to `loong verify`, so that start-up is not what is measured.
LINES = 300_000


def labelled(path: pathlib.Path) -> list[dict]:
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if path.suffix == ".tsv":
            if line.startswith("#"):
                continue
            _, word, reference, response = line.split("\t")
            response = response.replace("\\n#", "\n#").replace("\\nF", "\nF")
            rows.append({"reference": reference, "response": response, "label": word in "=>"})
            continue
        row = json.loads(line)
        if isinstance(row.get("label"), bool):
            kept = {key: row[key] for key in ("question", "domain", "options") if row.get(key)}
            rows.append({"reference": row["reference"], "response": row["response"], "label": row["label"], **kept})
    return rows


def texts(value) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [v if isinstance(v, str) else json.dumps(v) for v in values]


def loong(binary: str, rows: list[dict]) -> tuple[list[bool], float]:
    lines = "".join(json.dumps({k: v for k, v in row.items() if k != "label"}) + "\n" for row in rows)
    times = max(1, LINES // max(1, len(rows)))
    begun = time.monotonic()
    done = subprocess.run([binary, "verify", "-j1"], input=lines * times, stdout=subprocess.PIPE, text=True, encoding="utf-8", check=False)
    seconds = time.monotonic() - begun
    out = done.stdout.split("\n")[:len(rows)]
    if len(out) < len(rows) or not out[-1]:
        sys.exit(f"{binary} verify ended early, with status {done.returncode}")
    return [json.loads(line)["verdict"] == "equivalent" for line in out], len(rows) * times / seconds


def math_verify(rows: list[dict]) -> tuple[list[bool], float]:
    """Called in the environment that has Math-Verify."""
    import logging

    from math_verify import parse, verify
    logging.disable(logging.CRITICAL)

    def same(reference: str, response: str) -> bool:
        for wrap in (str, lambda text: text if "$" in text or "\\boxed" in text else f"${text}$"):
            gold, answer = parse(wrap(reference)), parse(wrap(response))
            if verify(gold, answer) or verify(answer, gold):
                return True
        return False

    begun = time.monotonic()
    words = [any(same(r, texts(row["response"])[0]) for r in texts(row["reference"])) for row in rows]
    return words, len(rows) / (time.monotonic() - begun)


def python_with_math_verify() -> str:
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "loong" / "peers"
    python = cache / "bin" / "python"
    marker = cache / PACKAGE.replace("[", "-").replace("]", "-")
    if not marker.exists():
        venv.create(cache, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PACKAGE], check=True)
        marker.touch()
    return str(python)


def figures(words: list[bool], rows: list[dict]) -> tuple[float, float, float]:
    pairs = list(zip(words, (row["label"] for row in rows)))
    right = sum(word and label for word, label in pairs)
    wrong = sum(word and not label for word, label in pairs)
    equal = sum(label for _, label in pairs)
    return right / max(1, right + wrong), right / max(1, equal), wrong / max(1, len(pairs) - equal)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=pathlib.Path, default=ROOT / "tests" / "verifier" / "table.tsv")
    parser.add_argument("--loong", default=str(ROOT / "target" / "release" / "loong"))
    parser.add_argument("--math-verify-only", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if os.environ.get("PYTHONDONTWRITEBYTECODE"):
        sys.exit("unset PYTHONDONTWRITEBYTECODE: Python is measured with bytecode, as users have it")
    rows = labelled(given.file)
    if given.math_verify_only:
        words, rate = math_verify(rows)
        json.dump({"words": words, "rate": rate}, sys.stdout)
        return
    if not pathlib.Path(given.loong).exists():
        sys.exit(f"{given.loong} is missing: cargo build --release, or name one with --loong")
    command = [python_with_math_verify(), __file__, str(given.file), "--math-verify-only"]
    peer = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    words, rate = loong(given.loong, rows)
    print(f"{len(rows)} labelled pairs of {given.file.name}")
    print(f"{'':12} {'precision':>9} {'recall':>7} {'FPR':>6} {'pairs/s':>10}")
    for name, said, speed in (("loong", words, rate), ("Math-Verify", peer["words"], peer["rate"])):
        precision, recall, false = figures(said, rows)
        print(f"{name:12} {precision:9.3f} {recall:7.3f} {false:6.3f} {speed:10.1f}")
    print(f"{'ratio':12} {'':9} {'':7} {'':6} {rate / peer['rate']:10.1f}")
    sys.exit(rate / peer["rate"] < FASTER)


if __name__ == "__main__":
    main()
