#!/usr/bin/env bash
# Installs the browser that the tests of the page drive: Debian's own Chromium. Where there is no such package, it says so;
# the tests that need a browser are skipped then.
set -euo pipefail

for browser in chromium chromium-browser google-chrome; do
  [ ! -x "/usr/bin/$browser" ] || exit 0
done
if ! command -v apt-get >/dev/null; then
  echo "no Chromium here, and no apt-get to install it with: tests in a browser are skipped"
  exit 0
fi

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update -qq
if [ -z "$(apt-cache search --names-only '^chromium$')" ]; then
  echo "this system has no package named chromium, as Debian has: tests in a browser are skipped"
  exit 0
fi
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium
