#!/bin/sh
# Names the Chromium that the browser tests use; installs Debian's where there is none and where it may.
set -eu

find_it() {
  if [ -n "${CHROMIUM:-}" ]; then command -v "$CHROMIUM"; return; fi
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if command -v "$name"; then return; fi
  done
  return 1
}

as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi; }

install_it() {
  command -v apt-get >/dev/null || return 1
  [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || return 1
  echo "tidegate: installing Debian's chromium for the browser tests" >&2
  as_root apt-get update -qq >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-liberation >&2
}

if found=$(find_it); then echo "$found"; exit; fi
if [ -n "${CHROMIUM:-}" ]; then
  echo "tidegate: CHROMIUM names no program: $CHROMIUM" >&2
  exit 1
fi
if install_it && found=$(find_it); then echo "$found"; exit; fi
cat >&2 <<'END'
tidegate: the browser tests need a Chromium, and none was found or could be installed here. Any of these mends it:
  Debian, Ubuntu   apt-get install chromium        (as root)
  macOS            brew install --cask google-chrome, then CHROMIUM="/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
  anywhere         CHROMIUM=/path/to/a/chromium make test
END
exit 1
