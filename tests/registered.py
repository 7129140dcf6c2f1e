#!/usr/bin/env python3
"""Every test in the tree is one that ctest runs: registered.py BUILD_DIR compares the TEST()s of every *_test.cpp and the
path of every *_test.py with what `ctest --show-only` lists. A file that no CMakeLists.txt names fails here."""
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent
TEST = re.compile(r"^\s*(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.MULTILINE)


def registered(build):
    listing = subprocess.run(["ctest", "--show-only=json-v1"], cwd=build, check=True, capture_output=True, text=True)
    names, arguments = set(), set()
    for test in json.loads(listing.stdout)["tests"]:
        # Suite/Case.Name/Parameter, as gtest names parameterised and typed tests; only Case and Name are in the source.
        suite, _, name = test["name"].partition(".")
        parts = suite.split("/")
        names |= {(part, name.split("/")[0]) for part in parts}
        arguments |= {pathlib.Path(word).name for word in test.get("command", []) if word.endswith(".py")}
    return names, arguments


def main(build):
    names, scripts = registered(build)
    faults, count = [], 0
    for source in sorted(ROOT.rglob("*_test.cpp")):
        for suite, name in TEST.findall(source.read_text()):
            count += 1
            if (suite, name) not in names and not name.startswith("DISABLED_"):
                faults.append(f"{source.relative_to(ROOT)}: {suite}.{name} is not registered with ctest")
    for script in sorted(ROOT.rglob("*_test.py")):
        count += 1
        if script.name not in scripts:
            faults.append(f"{script.relative_to(ROOT)} is not registered with ctest")
    print("\n".join([*faults, f"registered: {count} tests in the tree, {len(faults)} faults"]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
