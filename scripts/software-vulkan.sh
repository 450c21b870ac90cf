#!/usr/bin/env bash
# Unpacks a software Vulkan driver (Mesa's lavapipe) into FOLDER, without installing anything, and prints what has to be
# in the environment to use it:
#
#   eval "$(scripts/software-vulkan.sh .vulkan)" && npx vitest run tests/policy/webgpu.test.ts
#
# The WebGPU provider needs Mesa 23.1 or newer: the driver is taken from this release of Debian or Ubuntu where it is new
# enough, else from Debian's backports. Ends with status 1 and the reason where none can be had.
set -euo pipefail

folder=$(realpath -m "${1:?usage: software-vulkan.sh FOLDER}")
driver=$folder/usr/share/vulkan/icd.d/lvp_icd.here.json

use() {
  echo "export VK_DRIVER_FILES='$driver' VK_ICD_FILENAMES='$driver'"
  echo "export LD_LIBRARY_PATH='$folder/usr/lib/$1'\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}"
}

command -v apt-get >/dev/null && command -v dpkg >/dev/null || { echo "only Debian and Ubuntu are known here" >&2; exit 1; }
triplet=$(dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null || echo "$(uname -m)-linux-gnu")
if [ -f "$driver" ]; then use "$triplet"; exit; fi

# Lists of our own: those of the machine stay as they are.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/lists/partial" "$work/sources" "$work/archives/partial" "$folder"
cp -r /etc/apt/sources.list.d/. "$work/sources/" 2>/dev/null || true
[ ! -f /etc/apt/sources.list ] || cp /etc/apt/sources.list "$work/sources/machine.list"
. /etc/os-release
if [ "$ID" = debian ] && [ "${VERSION_ID%%.*}" -lt 13 ]; then
  # The same mirror, one suite more.
  grep -rlE "^(Suites:.*|deb .*) $VERSION_CODENAME-updates( |$)" "$work/sources" | while read -r file; do
    sed -i -E "/^(Suites:|deb )/ s/ $VERSION_CODENAME-updates( |$)/ $VERSION_CODENAME-backports\1/" "$file"
  done
  release=$VERSION_CODENAME-backports
fi
options=(-o "Dir::State::Lists=$work/lists" -o "Dir::Etc::SourceList=/dev/null" -o "Dir::Etc::SourceParts=$work/sources" -qq)
apt-get "${options[@]}" update >&2
packages=(mesa-vulkan-drivers libvulkan1 libdrm2 libdrm-amdgpu1)
# What the driver itself needs, in its version, when it is not installed.
needed=$(apt-cache "${options[@]}" ${release:+-t "$release"} depends --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces \
  --no-enhances mesa-vulkan-drivers | sed -n 's/^ *Depends: \([a-z0-9.+-]*\)$/\1/p')
for name in $needed; do
  dpkg -s "$name" >/dev/null 2>&1 || packages+=("$name")
done
(cd "$work/archives" && apt-get "${options[@]}" ${release:+-t "$release"} download $(printf '%s\n' "${packages[@]}" | sort -u) >&2)
for package in "$work"/archives/*.deb; do dpkg -x "$package" "$folder"; done
library=$(find "$folder" -name 'libvulkan_lvp.so' | head -1)
[ -n "$library" ] || { echo "the driver package has no libvulkan_lvp.so" >&2; exit 1; }
described=$(find "$folder/usr/share/vulkan/icd.d" -name 'lvp_icd*.json' ! -name '*.here.json' | head -1)
sed -E "s#\"library_path\": *\"[^\"]*\"#\"library_path\": \"$library\"#" "$described" >"$driver"
use "$triplet"
