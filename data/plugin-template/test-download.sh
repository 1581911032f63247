#!/bin/sh
# test-download.sh: shares a folder with btfw, downloads it with a picker, and compares.
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Usage: test-download.sh BTFW PLUGIN-DIR PICKER[,KEY=VALUE…]

set -eu
btfw=$1
plugin_dir=$2
picker=$3

work=$(mktemp -d)
sharer=
clean_up ()
{
  if [ -n "$sharer" ]; then
    kill -INT "$sharer" 2> /dev/null || true
    wait "$sharer" || true
  fi
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# Nothing of the user's settings and state is touched.
export XDG_CONFIG_HOME="$work/config" XDG_CONFIG_DIRS="$work/config" XDG_STATE_HOME="$work/state"

"$btfw" inspect --plugin-dir="$plugin_dir" "picker-${picker%%,*}"

mkdir -p "$work/sample/folder" "$work/download"
head -c 5000000 /dev/urandom > "$work/sample/large"
head -c 300000 /dev/urandom > "$work/sample/folder/small"
: > "$work/sample/empty"

# The line that says where the torrent is comes once it can be downloaded.
mkfifo "$work/events"
"$btfw" share --bind=127.0.0.1 --port=0 --progress=json "$work/sample" > "$work/events" &
sharer=$!
exec 3< "$work/events"
url=$(sed -n '/"event":"share"/{ s/.*"url":"\([^"]*\)".*/\1/p; q; }' <&3)
[ -n "$url" ]

timeout 30 "$btfw" --bind=127.0.0.1 --port=0 --progress=plain --plugin-dir="$plugin_dir" --picker="$picker" \
  --dir="$work/download" "$url"
diff -r "$work/sample" "$work/download/sample"
