#!/usr/bin/env bash
# Makes build/slod-VERSION-linux-ARCH.tar.gz and its .sha256 from the release build (`./dev package` builds it first).
# Same commit, same binary, same bytes: names are sorted, owners and times are fixed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

binary=${SLOD_BINARY:-build/release/src/slod}
[ -x "$binary" ] || { echo "package: no $binary; build it with: ./dev release" >&2; exit 1; }
version=$(sed -n 's/^project(slod VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
name=slod-$version-linux-$(uname -m)
epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/$name

install -D -m 0755 "$binary" "$root/bin/slod"
strip "$root/bin/slod"
install -D -m 0644 config/minimal.yaml "$root/config/minimal.yaml"
install -D -m 0644 config/example.yaml "$root/config/example.yaml"
for file in config/slos/*.yaml; do install -D -m 0644 "$file" "$root/$file"; done
install -D -m 0644 deploy/systemd/slod.service "$root/deploy/systemd/slod.service"
install -D -m 0644 deploy/nginx/slod-log-format.conf "$root/deploy/nginx/slod-log-format.conf"
install -D -m 0644 deploy/README.md "$root/deploy/README.md"
for file in README.md CHANGELOG.md LICENSE; do install -D -m 0644 "$file" "$root/$file"; done
find docs -type f \( -name '*.md' -o -name '*.svg' \) -exec install -D -m 0644 {} "$root/{}" \;
"$root/bin/slod" check "$root/config/minimal.yaml" >/dev/null

mkdir -p build
archive=build/$name.tar.gz
tar --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$epoch" -C "$work" -cf - "$name" | gzip -n9 >"$archive"
(cd build && sha256sum "$name.tar.gz" >"$name.tar.gz.sha256")
echo "$archive ($(stat -c %s "$archive") bytes)"
cat "$archive.sha256"
