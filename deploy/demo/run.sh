#!/usr/bin/env bash
# The first five minutes: a loopback broker, slod, a simulated fleet with an incident in it. `./dev demo` builds and
# calls this. Everything it starts ends with it: at Ctrl-C, or after --seconds N.
set -euo pipefail
slod=$1
shift
seconds=0
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds) seconds=${2:?--seconds wants a number}; shift 2 ;;
    *) echo "usage: ./dev demo [--seconds N]" >&2; exit 2 ;;
  esac
done
case "$seconds" in *[!0-9]*) echo "./dev demo: --seconds wants a whole number, not \"$seconds\"" >&2; exit 2 ;; esac
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
slod=$(cd "$(dirname "$slod")" && pwd)/$(basename "$slod")
work=$(mktemp -d "${TMPDIR:-/tmp}/slod-demo.XXXXXX")
started=()

cleanup() {
  trap - EXIT INT TERM
  local i
  for ((i = ${#started[@]} - 1; i >= 0; i--)); do kill "${started[$i]}" 2>/dev/null || true; done
  for ((i = ${#started[@]} - 1; i >= 0; i--)); do wait "${started[$i]}" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT
trap 'cleanup; exit 130' INT TERM

# A port that nobody listens on, from the one wanted upwards.
free_port() {
  local port=$1
  while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do port=$((port + 1)); done
  echo "$port"
}
ingest=$(free_port 18080)
web=$(free_port 9464)
broker=$(free_port 18830)
sed -e "s/127.0.0.1:18080/127.0.0.1:$ingest/" -e "s/127.0.0.1:9464/127.0.0.1:$web/" \
    -e "s/127.0.0.1:18830/127.0.0.1:$broker/" "$root/config/demo.yaml" > "$work/demo.yaml"
cat > "$work/mosquitto.conf" <<EOF
listener $broker 127.0.0.1
allow_anonymous true
persistence false
log_dest none
EOF

mosquitto=$(command -v mosquitto || echo /usr/sbin/mosquitto)
"$mosquitto" -c "$work/mosquitto.conf" >"$work/mosquitto.log" 2>&1 &
started+=($!)
"$slod" run --config.file="$work/demo.yaml" --log.level=warn 2>"$work/slod.log" &
daemon=$!
started+=($daemon)
url=http://127.0.0.1:$web
for _ in $(seq 100); do
  curl -fsS -o /dev/null "$url/-/ready" 2>/dev/null && break
  kill -0 "$daemon" 2>/dev/null || { echo "slod did not start:" >&2; cat "$work/slod.log" >&2; exit 1; }
  sleep 0.1
done
incidents=(--incident unlock-errors@8s+14s --incident ride-errors@12s+5s --incident device-timeouts@10s+6s
  --incident area-outage@120s+60s --incident ops-retries@240s+60s --incident battery-drain@300s+120s)
"$slod" simulate --config.file="$work/demo.yaml" --devices 3000 --rate 30 --seed 7 "${incidents[@]}" \
  >"$work/simulate.log" 2>&1 &
started+=($!)

echo "slod watches a simulated fleet of 3,000 scooters: $url/   (metrics: $url/metrics)"
echo "From second 8 to 22 Unlock fails for riders; watch its budget, and the alert fire and end."
if [ "$seconds" -gt 0 ]; then echo "Ends by itself after $seconds s."; else echo "Ctrl-C ends everything."; fi

begin=$SECONDS
while :; do
  sleep 5
  kill -0 "$daemon" 2>/dev/null || { echo "slod ended:" >&2; cat "$work/slod.log" >&2; exit 1; }
  [ "$seconds" -gt 0 ] && [ $((SECONDS - begin)) -ge "$seconds" ] && break
  echo
  "$slod" status --url "$url" 2>/dev/null || echo "(the first numbers come with the first tick, every 10 s)"
done
echo
echo "The final table:"
"$slod" status --url "$url"
echo
echo "Alerts:"
curl -fsS "$url/api/v1/alerts" | tr '{' '\n' | sed -n 's/.*"at":"\([^"]*\)","slo":"\([^"]*\)","severity":"\([^"]*\)".*"from":"\([^"]*\)","to":"\([^"]*\)".*/  \1  \2  \3: \4 -> \5/p'
