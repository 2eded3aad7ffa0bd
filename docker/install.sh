#!/bin/sh
# Install ser-bench with the extra [serve] into a new environment: docker/install.sh SOURCE FOLDER
# The Dockerfile and a test run this script.
set -eu
source=$1 folder=$2
python3 -m venv "$folder"
"$folder/bin/pip" install --no-cache-dir --quiet -c "$source/constraints.txt" "$source[serve]"
"$folder/bin/python" -m compileall -q "$folder/lib" || true # some packages hold templates that are not valid Python
