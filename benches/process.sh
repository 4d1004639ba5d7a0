#!/usr/bin/env bash
# Whole processes, as a user's shell waits for them: the median of N runs each, in milliseconds.
# Usage: benches/process.sh [N]      Needs bash 5; builds the release binary.
set -euo pipefail
cd "$(dirname "$0")/.."
runs="${1:-31}"
cargo build --release --quiet
wickdesk="$PWD/target/release/wickdesk"
home="$(mktemp -d)"
trap 'rm -rf "$home"' EXIT
export XDG_CACHE_HOME="$home/cache" XDG_CONFIG_HOME="$home/config" XDG_DATA_HOME="$home/data" XDG_STATE_HOME="$home/state"
candles="$PWD/assets/candles/EURUSD_H1_dukascopy_ask.csv"

# median LABEL COMMAND…
median() {
    local label="$1" begun ended
    shift
    for _ in $(seq "$runs"); do
        begun="${EPOCHREALTIME/[.,]/}"
        "$@" >/dev/null 2>&1
        ended="${EPOCHREALTIME/[.,]/}"
        echo $((ended - begun))
    done | sort -n | awk -v label="$label" '{ t[NR] = $1 } END { printf "%-52s %8.1f ms\n", label, t[int((NR + 1) / 2)] / 1000 }'
}

"$wickdesk" ask "What is a fair value gap?" >/dev/null 2>&1
"$wickdesk" ask -t smc -c "$candles" >/dev/null 2>&1
median "wickdesk --version" "$wickdesk" --version
median "ask, a plain prompt, from disk" "$wickdesk" ask "What is a fair value gap?"
median "ask -t smc on 3,000 candles, from disk" "$wickdesk" ask -t smc -c "$candles"
median "ask, a plain prompt, stored anew" "$wickdesk" ask "What is a fair value gap?" --refresh
median "cache stats" "$wickdesk" cache stats
median "cache verify" "$wickdesk" cache verify
