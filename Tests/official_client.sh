#!/usr/bin/env bash
# Lets the official Python client talk to the emulator on loopback; says so where Python or its package is missing.
set -euo pipefail
cd "$(dirname "$0")/.."

python=${PYTHON:-python3}
command -v "$python" > /dev/null || { echo "skipped: there is no $python"; exit 0; }
bin=$(swift build --show-bin-path)
coproc emulator { "$bin/torture" emulator --speed 200; }
exec {closing}>&"${emulator[1]}"
read -r _ port <&"${emulator[0]}"
"$python" Tests/official_client.py "http://127.0.0.1:$port/v1"
