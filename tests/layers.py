#!/usr/bin/env python3
"""Checks who includes whom: src/CMakeLists.txt says which modules a module may use, and every #include must agree.
Also: third-party headers only where their module links them, one home for Beast, files and functions of bearable size."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
THIRD_PARTY = {  # header prefix -> modules that may include it
    "boost/asio": {"net"}, "boost/beast": {"net"}, "boost/lockfree": {"core"},
    "simdjson.h": {"decode", "source"}, "yaml-cpp/": {"config"}, "sqlite3.h": {"sqlite"}, "mqtt/": {"source", "cli"},
    "nlohmann/": {"config", "store", "notify", "serve", "daemon", "cli"}, "spdlog/": {"daemon"},
    "prometheus/": {"serve"}, "CLI/": {"cli"}, "date/": {"slo"}, "openssl/": {"net", "source", "notify"},
    "zlib.h": {"net", "decode", "cli"}, "zstd.h": {"net", "decode", "journal", "store", "cli"},
}
MAX_LINES = 500


def modules():
    text = (ROOT / "src/CMakeLists.txt").read_text()
    edges = {}
    for name, rest in re.findall(r"slod_module\((\w+)([^)]*)\)", text):
        deps = re.search(r"DEPS((?:\s+[a-z_]+)+)", rest)
        edges[name] = set(deps.group(1).split()) if deps else set()
    return edges


def module_of(include):
    parts = include.split("/")
    if parts[0] == "slod":
        return "config_types" if include == "slod/config/config.h" else parts[1]
    return parts[0] if (ROOT / "src" / parts[0]).is_dir() and len(parts) > 1 else None


def check(path, owner, allowed, faults):
    lines = path.read_text().splitlines()
    where = path.relative_to(ROOT)
    if len(lines) > MAX_LINES and "layers: a table of data" not in "\n".join(lines[:8]):
        faults.append(f"{where}: {len(lines)} lines; {MAX_LINES} is the most: is it one thing?")
    for number, line in enumerate(lines, 1):
        match = re.match(r'\s*#include\s+[<"]([^>"]+)[>"]', line)
        if not match:
            continue
        used = module_of(match.group(1))
        if used and used != owner and used not in allowed:
            faults.append(f"{where}:{number}: {owner} may not use {used} (src/CMakeLists.txt does not list it)")
        for prefix, homes in THIRD_PARTY.items():
            if match.group(1).startswith(prefix) and owner not in homes:
                faults.append(f"{where}:{number}: {prefix} belongs to {', '.join(sorted(homes))}, not to {owner}")


def main():
    edges, faults = modules(), []
    for folder in sorted((ROOT / "src").iterdir()):
        if folder.is_dir() and folder.name not in edges:
            faults.append(f"src/{folder.name}: not a module of src/CMakeLists.txt")
    for name, deps in edges.items():
        for unknown in sorted(deps - set(edges)):
            faults.append(f"src/CMakeLists.txt: {name} depends on {unknown}, which is no module")
        for base in ("src", "include/slod"):
            for path in sorted((ROOT / base / name).rglob("*")):
                if path.suffix not in (".h", ".cpp"):
                    continue
                owner = "config_types" if path == ROOT / "include/slod/config/config.h" else name
                check(path, owner, edges[owner] | ({"config_types"} if owner == "config" else set()), faults)
    for fault in faults:
        print(fault)
    print(f"layers: {len(edges)} modules, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
