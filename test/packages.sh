#!/usr/bin/env bash
# Brings the Debian packages that the tests use, if one is missing and this machine lets us.
#
# The tests talk to programs that others wrote: SIPp and baresip are the phones, iproute2 makes the network
# namespaces they live in, Open vSwitch, FRR, FreeRADIUS and wpa_supplicant are the network of the network controller,
# sox listens to what was heard, Chromium calls from a page, espeak-ng and flite speak the prompts, and
# libraries for AGI, ARI and the manager interface in Perl, Python, PHP and, from npm, JavaScript write programs. The race
# detector needs a C compiler. PostgreSQL and NATS are where call records and configuration are kept; tests start servers
# of their own. A test whose program is absent says so and is skipped.
set -euo pipefail

wanted=(postgresql nats-server sip-tester baresip-core espeak-ng flite sox iproute2 openvswitch-switch frr ethtool iputils-ping gcc libc6-dev chromium libasterisk-agi-perl python3-panoramisk php-cli
  python3-requests python3-websocket)
wanted+=(freeradius wpasupplicant)
command -v node >/dev/null || wanted+=(nodejs)
command -v npm >/dev/null || wanted+=(npm)

# What comes from npm lies in the user's cache folder.
libraries() {
  local folder=${XDG_CACHE_HOME:-$HOME/.cache}/octothorpe-node one
  command -v npm >/dev/null || { echo "packages: no npm; tests that need it are skipped"; return 0; }
  for one in ding-dong@0.1.7 ari-client@2.2.0; do
    [ -d "$folder/node_modules/${one%@*}" ] || npm install --silent --no-audit --no-fund --prefix "$folder" "$one" ||
      echo "packages: npm failed; tests that need $one are skipped" >&2
  done
}

command -v dpkg-query >/dev/null || { echo "packages: not Debian; the tests look for: sipp baresip espeak-ng flite sox ip gcc chromium panoramisk php"; exit 0; }
missing=()
for package in "${wanted[@]}"; do
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || { libraries; exit 0; }

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root=(sudo -n)
  else echo "packages: not root and no sudo; tests that need them are skipped: ${missing[*]}"; libraries; exit 0; fi
fi

echo "packages: installing ${missing[*]}"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"; }
if ! { "${as_root[@]}" apt-get update && install "${missing[@]}"; } >"$log" 2>&1; then
  tail -20 "$log" >&2
  # one that a release of Debian does not have keeps all others away
  for one in "${missing[@]}"; do
    install "$one" >"$log" 2>&1 || echo "packages: there is no $one; tests that need it are skipped" >&2
  done
fi
libraries
