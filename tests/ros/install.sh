#!/usr/bin/env bash
# Installs what a ROS 1 graph needs, from Debian's own packages (Debian 12 or Ubuntu with universe). Nothing is downloaded
# where it is there already. Left out on purpose: rosout, which listens on every network, and whatever pulls in a desktop.
set -euo pipefail

packages=(
  python3-rospy python3-rosmaster python3-rosservice python3-rosgraph python3-actionlib python3-genpy
  python3-std-msgs python3-sensor-msgs python3-std-srvs python3-trajectory-msgs python3-geometry-msgs
  python3-diagnostic-msgs python3-rosgraph-msgs python3-actionlib-msgs
  ros-std-msgs ros-geometry-msgs ros-trajectory-msgs ros-actionlib-msgs
  python3-tornado python3-cbor2
)

missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null)" = "ii " ] || missing+=("$package")
done
[ "${#missing[@]}" -gt 0 ] || exit 0

as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
