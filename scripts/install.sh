#!/bin/sh
# Installs tsker, one file:   curl -fsSL <address of this script> | sh
#                             curl -fsSL <address of this script> | sh -s -- --uninstall
# TSKER_BASE_URL: where tsker-linux-<arch> and its .sha256 are; TSKER_INSTALL_DIR: where it goes (/usr/local/bin).
set -eu

base_url=${TSKER_BASE_URL:-https://github.com/tsker/tsker/releases/latest/download}
install_dir=${TSKER_INSTALL_DIR:-/usr/local/bin}
target=$install_dir/tsker

fail() {
  echo "install: $*" >&2
  exit 1
}

architecture() {
  case $(uname -m) in
    x86_64 | amd64) echo x64 ;;
    aarch64 | arm64) echo arm64 ;;
    *) fail "no tsker for $(uname -m): x86_64 and aarch64 are supported" ;;
  esac
}

# A C library older than what the executable needs would only say "not found" at the first start.
check_host() {
  [ "$(uname -s)" = Linux ] || fail "tsker runs on Linux, this is $(uname -s)"
  libc=$(getconf GNU_LIBC_VERSION 2>/dev/null || true)
  case $libc in
    'glibc '*) ;;
    *) fail "tsker needs glibc 2.34 or newer, and this system has another C library" ;;
  esac
  oldest=$(printf '%s\n2.34\n' "${libc#glibc }" | sort -V | head -n 1)
  [ "$oldest" = 2.34 ] || fail "tsker needs glibc 2.34 or newer, this is ${libc#glibc }"
}

fetch() {
  if command -v curl >/dev/null 2>&1; then
    curl -fsSL --retry 3 -o "$2" "$1"
  elif command -v wget >/dev/null 2>&1; then
    wget -q -O "$2" "$1"
  else
    fail 'curl or wget is needed'
  fi || fail "cannot fetch $1"
}

uninstall() {
  [ -e "$target" ] || fail "$target is not there"
  rm -f "$target" || fail "cannot remove $target (try as root)"
  echo "tsker is removed from $target. Images and containers stay in /var/lib/tsker until you delete it."
}

install_tsker() {
  check_host
  name=tsker-linux-$(architecture)
  # In the target directory, so that the last step is a rename: there is never half an executable.
  mkdir -p "$install_dir" || fail "cannot make $install_dir (try as root)"
  work=$(mktemp -d "$install_dir/.tsker.XXXXXX") || fail "cannot write to $install_dir (try as root)"
  trap 'rm -rf "$work"' EXIT
  trap 'exit 1' HUP INT TERM

  fetch "$base_url/$name.sha256" "$work/sum"
  fetch "$base_url/$name" "$work/tsker"
  expected=$(cut -d ' ' -f 1 "$work/sum")
  actual=$(sha256sum "$work/tsker" | cut -d ' ' -f 1)
  if [ -z "$expected" ] || [ "$expected" != "$actual" ]; then
    fail "the checksum of $name is wrong: expected $expected, got $actual. Nothing was installed."
  fi

  chmod 0755 "$work/tsker"
  version=$("$work/tsker" --version) || fail 'the executable does not start on this machine. Nothing was installed.'
  mv -f "$work/tsker" "$target"
  echo "$version is installed in $target"
  echo
  echo 'Next, as root:'
  echo '  tsker daemon &'
  echo '  tsker run --rm tsker/busybox echo hello'
}

case ${1:-} in
  '') install_tsker ;;
  --uninstall) uninstall ;;
  *) fail "unknown option $1 (--uninstall is the only one)" ;;
esac
