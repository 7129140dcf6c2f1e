#!/usr/bin/env python3
"""clang-tidy over src: tidy.py BUILD_DIR [--deep] [FILE...]

Nearly all of clang-tidy's time goes into the headers of the standard library and of third parties, again for every
source. So the sources of one module are checked as one file that includes them, a batch. Where two sources of a batch
have private names that clash, the batch does not compile, and those with the errors are checked by themselves.

--deep checks every source by itself and adds the static analyzer and the rest of bugprone, performance, concurrency."""
import concurrent.futures
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BATCH = 12
DEEP = ("bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-exception-escape,clang-analyzer-*,concurrency-*,"
        "-concurrency-mt-unsafe,performance-*,cert-err33-c,cert-err58-cpp,cppcoreguidelines-slicing,"
        "google-global-names-in-headers,misc-definitions-in-headers,modernize-use-nullptr")


def tidy(database, source, checks):
    command = ["clang-tidy", "-p", str(database), f"--config-file={ROOT / '.clang-tidy'}", "--quiet",
               "--extra-arg=-ferror-limit=0", str(source)]
    if checks:
        command.append(f"--checks={checks}")
    run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    return run.returncode, run.stdout if run.returncode == 0 or run.stdout.strip() else run.stderr


def sources_of(build, wanted):
    entries = {entry["file"]: entry for entry in json.loads((build / "compile_commands.json").read_text())}
    listed = subprocess.run(["git", "ls-files", "src/*.cpp"], cwd=ROOT, check=True, capture_output=True, text=True)
    names = [str(ROOT / name) for name in listed.stdout.splitlines()]
    names = [name for name in names if name in entries and (not wanted or name in wanted)]
    return [(name, entries[name]) for name in names]


def module_of(name):
    return pathlib.Path(name).relative_to(ROOT / "src").parts[0]


def as_one(names):
    return "".join(f'#include "{name}"\n' for name in names)


def write_batches(folder, sources):
    """-> [(the batch's file, its sources)], the longest first; compile commands for them beside."""
    folder.mkdir(parents=True, exist_ok=True)
    batches, database = [], []
    for module, group in itertools.groupby(sources, key=lambda source: module_of(source[0])):
        group = list(group)
        for start in range(0, len(group), BATCH):
            part = group[start:start + BATCH]
            path = folder / f"{pathlib.Path(module).stem}_{start // BATCH}.cpp"
            path.write_text(as_one([name for name, _ in part]))
            name, entry = part[0]
            database.append({**entry, "file": str(path), "command": entry["command"].replace(name, str(path))})
            batches.append((path, [name for name, _ in part]))
    (folder / "compile_commands.json").write_text(json.dumps(database))
    return sorted(batches, key=lambda batch: -len(batch[1]))


def check_batch(folder, build, batch):
    """-> [(exit code, complaints)]: of the batch, or of each source where the batch does not compile."""
    path, names = batch
    code, text = tidy(folder, path, None)
    clashing = [name for name in names if re.search(rf"^{re.escape(name)}:.*\[clang-diagnostic-error", text, re.MULTILINE)]
    if len(names) == 1 or not clashing:
        return [(code, text)]
    rest = [name for name in names if name not in clashing]
    path.write_text(as_one(rest))
    again = check_batch(folder, build, (path, rest)) if rest else []
    return again + [tidy(build, name, None) for name in clashing]


def main(build, deep, wanted):
    sources = sources_of(build, wanted)
    seen, faults = set(), 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        if deep:
            results = ([tidy_result] for tidy_result in pool.map(lambda source: tidy(build, source[0], DEEP), sources))
        else:
            folder = build / "lint"
            results = pool.map(lambda batch: check_batch(folder, build, batch), write_batches(folder, sources))
        for code, text in itertools.chain.from_iterable(results):
            faults += code != 0
            if code != 0 and text not in seen:
                seen.add(text)
                print(text, flush=True)
    print(f"tidy: {len(sources)} sources, {'faults' if faults else 'no fault'}")
    return 1 if faults or not sources else 0


if __name__ == "__main__":
    options = [word for word in sys.argv[1:] if word != "--deep"]
    sys.exit(main(pathlib.Path(options[0]).resolve(), "--deep" in sys.argv, {str(pathlib.Path(name).resolve()) for name in options[1:]}))
