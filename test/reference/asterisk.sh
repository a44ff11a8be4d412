#!/usr/bin/env bash
# A real Asterisk beside us, to compare with. Root and a Debian machine are needed.
#
#   asterisk.sh install RELEASE           fetch it from Debian into a folder of its own (a minute, once)
#   asterisk.sh start   RELEASE CONFDIR   start it with exactly the files of CONFDIR, over a bare base
#   asterisk.sh console RELEASE COMMAND   what its console answers to COMMAND
#   asterisk.sh stop    RELEASE
#   asterisk.sh netns   RELEASE           the network namespace in which it lives
#
# RELEASE is 22 (chan_pjsip, ARI) or 16 (the last one in Debian with chan_sip). It runs chrooted, alone on the
# loopback of its own network namespace, so that its ports are the well-known ones and nothing gets in or out.
# The installation lies in $OCTOTHORPE_REFERENCE (default: octothorpe-reference in the user's cache folder).
# $OCTOTHORPE_REFERENCE_INSTANCE names one of several that run at once from it, each in a namespace of its own.
set -euo pipefail

usage() { sed -n '2,14s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ $# -ge 2 ] || usage
verb=$1 release=$2

case $release in
  22) distribution=forky extra=asterisk-tests modules=/usr/lib/x86_64-linux-gnu/asterisk/modules ;;
  16) distribution=bullseye extra='' modules=/usr/lib/asterisk/modules ;;
  *)  usage ;;
esac
home=${OCTOTHORPE_REFERENCE:-${XDG_CACHE_HOME:-$HOME/.cache}/octothorpe-reference}
root=$home/$release
name=octothorpe-reference${OCTOTHORPE_REFERENCE_INSTANCE:+-$OCTOTHORPE_REFERENCE_INSTANCE} # of its folders inside the root
namespace=$name-$release
etc=/etc/$name
pidfile=$home/$name-$release.pid

within()  { ip netns exec "$namespace" chroot "$root" "$@"; }
console() { within asterisk -C "$etc/asterisk.conf" -rx "$1" 2>/dev/null; }

install_release() {
  if ! command -v debootstrap >/dev/null || ! command -v ip >/dev/null; then
    apt-get update -qq
    apt-get install -y -qq debootstrap iproute2
  fi
  mkdir -p "$root"
  local mirror recipe=/usr/share/debootstrap/scripts/$distribution
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m1 '/debian/*$' || echo http://deb.debian.org/debian)
  [ -e "$recipe" ] || recipe=/usr/share/debootstrap/scripts/sid
  debootstrap --variant=minbase "$distribution" "$root" "$mirror" "$recipe"
  # packages must not start daemons in there
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  # shellcheck disable=SC2086
  chroot "$root" apt-get -o Acquire::Check-Valid-Until=false update -qq
  chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    asterisk $extra asterisk-core-sounds-en asterisk-core-sounds-es asterisk-moh-opsound-wav
  cp -a "$root/etc/asterisk" "$root/etc/asterisk.stock"
  touch "$root/.complete"
}

# A base that says where things lie and nothing about calls; the tables without which tones and formats are unknown.
write_base() {
  rm -rf "${root:?}$etc" "$root/var/run/$name" "$root/var/spool/$name" "$root/var/lib/$name" "$root/var/log/$name"
  mkdir -p "$root$etc" "$root/var/run/$name" "$root/var/spool/$name" "$root/var/lib/$name" "$root/var/log/$name"
  cp "$root/etc/asterisk.stock/indications.conf" "$root$etc/"
  cat >"$root$etc/asterisk.conf" <<END
[directories]
astetcdir => $etc
astmoddir => $modules
astvarlibdir => /var/lib/asterisk
astdbdir => /var/lib/$name
astkeydir => /var/lib/asterisk
astdatadir => /usr/share/asterisk
astagidir => /usr/share/asterisk/agi-bin
astspooldir => /var/spool/$name
astrundir => /var/run/$name
astlogdir => /var/log/$name
END
  printf '[modules]\nautoload=yes\n' >"$root$etc/modules.conf"
}

start() {
  [ -e "$root/.complete" ] || { echo "not installed; run: $0 install $release" >&2; exit 1; }
  for shared in proc dev; do
    mountpoint -q "$root/$shared" || mount --bind "/$shared" "$root/$shared"
  done
  ip netns list | grep -qw "$namespace" || ip netns add "$namespace"
  ip -n "$namespace" link set lo up
  write_base
  cp "$root$etc/asterisk.conf" "$root$etc/.base"
  cp -R "$1/." "$root$etc/"
  if [ -e "$1/asterisk.conf" ]; then # what a scenario says of the process, beside where things lie
    cat "$root$etc/.base" "$1/asterisk.conf" >"$root$etc/asterisk.conf"
  fi
  rm "$root$etc/.base"
  if [ -d "$1/data" ]; then # a scenario's own files in astdatadir, beside those that are there
    for there in "$root"/usr/share/asterisk/*; do
      [ -e "$root$etc/data/${there##*/}" ] || ln -s "/usr/share/asterisk/${there##*/}" "$root$etc/data/"
    done
    sed -i "s#^astdatadir => .*#astdatadir => $etc/data#" "$root$etc/asterisk.conf"
  fi
  ip netns exec "$namespace" chroot "$root" asterisk -f -g -C "$etc/asterisk.conf" \
    >"$root/var/log/$name/console" 2>&1 </dev/null &
  echo $! >"$pidfile"
  local started=$SECONDS
  until console 'core waitfullybooted' | grep -q 'fully booted'; do
    if [ $((SECONDS - started)) -gt 40 ]; then tail -20 "$root/var/log/$name/console" >&2; exit 1; fi
    sleep 0.2
  done
}

stop() {
  [ -e "$pidfile" ] || return 0
  local pid; pid=$(cat "$pidfile")
  rm "$pidfile"
  console 'core stop now' >/dev/null || true
  for _ in $(seq 50); do
    kill -0 "$pid" 2>/dev/null || return 0
    sleep 0.1
  done
  kill -9 "$pid" 2>/dev/null || true
}

case $verb in
  install) [ -e "$root/.complete" ] || install_release; chroot "$root" asterisk -V ;;
  start)   [ $# -eq 3 ] || usage; start "$3" ;;
  console) [ $# -eq 3 ] || usage; console "$3" ;;
  stop)    stop ;;
  netns)   echo "$namespace" ;;
  *)       usage ;;
esac
