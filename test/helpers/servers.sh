#!/bin/sh
# Builds the one layer of an image with servers in $1: the packed Debian $3 and, from its mirror (its apt knows it), nginx, PostgreSQL
# and Redis. Leaves $1/layer-1.tar. Needs root; runs in a mount namespace of its own (see layer-cache.ts).
set -eu
work=$1 base=$3
mount --make-rprivate /
export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin

root=$work/root
mkdir "$root"
tar --extract --gzip --file "$base" --directory "$root" --numeric-owner --xattrs --xattrs-include='*'
# Half of the time and of the bytes goes into what no server reads.
printf 'path-exclude=/usr/share/%s/*\n' doc man info locale >"$root/etc/dpkg/dpkg.cfg.d/small"
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe"
mount -t proc proc "$root/proc"
chroot "$root" sh -eu >"$work/log" 2>&1 <<'COMMANDS'
apt-get install -y --no-install-recommends nginx postgresql-15 redis-server
apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /usr/share/doc /usr/share/man
# What compiles queries is the largest file of all, and not used by short ones.
rm -f /usr/lib/x86_64-linux-gnu/libLLVM* /usr/lib/postgresql/15/lib/llvmjit*
cd /etc/postgresql/15/main
printf '%s\n' "listen_addresses = '*'" "unix_socket_directories = '/tmp'" "external_pid_file = ''" 'ssl = off' 'jit = off' \
  >conf.d/container.conf
printf 'host all all %s trust\n' all >pg_hba.conf
echo 'local all all trust' >>pg_hba.conf
sed -i 's/access_log .*/access_log off;/' /etc/nginx/nginx.conf
rm -f /usr/sbin/policy-rc.d
COMMANDS
umount "$root/proc"
tar --create --file "$work/layer-1.tar" --format=pax --numeric-owner --sort=name --xattrs --xattrs-include='*' -C "$root" .
