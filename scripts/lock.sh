#!/bin/sh
# Writes requirements/*.txt from pyproject.toml: exact versions with hashes, and no registry host.
# usage: scripts/lock.sh [path to uv]
set -eu
uv=${1:-uv}
compile() { "$uv" pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --no-emit-index-url --no-emit-find-links "$@"; }
compile pyproject.toml --extra train --extra onnx --extra report --extra staff --extra cluster --extra route --extra server \
    --group test --group peers --group build -o requirements/dev.txt
compile pyproject.toml --extra server --group build -c requirements/dev.txt -o requirements/run.txt
