#!/usr/bin/env python3
"""Every header compiles alone. A header that some source includes first is compiled so by the build already; the others
are compiled here, each as a file of its own."""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMPILER = [os.environ.get("CXX", "c++"), "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", "-Iinclude", "-Isrc",
            "-x", "c++"]


def tracked(*patterns):
    out = subprocess.run(["git", "ls-files", *patterns], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [pathlib.Path(name) for name in out.splitlines() if (ROOT / name).exists()]


def first_include(source):
    match = re.search(r'^\s*#include\s+[<"]([^>"]+)[>"]', (ROOT / source).read_text(), re.MULTILINE)
    return match.group(1) if match else ""


def proven_by_the_build():
    return {first_include(source) for source in tracked("src/*.cpp", "tests/unit/*.cpp")}


def compile_alone(header):
    code = f'#include "{header}"\n'
    run = subprocess.run([*COMPILER, "-"], input=code, cwd=ROOT, capture_output=True, text=True)
    return header, run.returncode, run.stderr


def main():
    headers = [str(path.relative_to(path.parts[0])) for path in tracked("include/*.h", "src/*.h")]
    proven = proven_by_the_build()
    left = [header for header in headers if header not in proven]
    faults = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, code, complaint in pool.map(compile_alone, left):
            if code != 0:
                faults += 1
                print(f"{header}: does not compile alone\n{complaint}")
    print(f"headers: {len(headers)}, {len(left)} compiled alone here, {faults} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
