#!/bin/sh
# Builds the layers of a Debian image in $1 from the mirror $2: debootstrap, then two layers made in overlay mounts.
# Leaves $1/layer-{1,2,3}.tar. Needs root, debootstrap, GNU tar; runs in a mount namespace of its own (see debian.ts).
set -eu
work=$1 mirror=$2
mount --make-rprivate /
export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin

debootstrap --variant=minbase --include=ca-certificates bookworm "$work/base" "$mirror" >"$work/log" 2>&1
rm -f "$work"/base/var/cache/apt/archives/*.deb
printf '#!/bin/sh\nexit 101\n' >"$work/base/usr/sbin/policy-rc.d"
chmod 755 "$work/base/usr/sbin/policy-rc.d"

# layer <n> <lower directories>: runs the commands on stdin in a chroot, packs what they changed.
layer() {
  mkdir -p "$work/upper-$1" "$work/work-$1" "$work/merged"
  mount -t overlay overlay "$work/merged" \
    -o "lowerdir=$2,upperdir=$work/upper-$1,workdir=$work/work-$1,redirect_dir=off,metacopy=off,index=off"
  mount -t proc proc "$work/merged/proc"
  chroot "$work/merged" sh -eu >>"$work/log" 2>&1
  umount "$work/merged/proc" "$work/merged"
  pack "$1"
}

# Overlay whiteouts (0:0 devices) and opaque directories become .wh. files in a tree of their own, packed into the same tar.
pack() {
  mkdir -p "$work/marks-$1"
  /usr/bin/python3 - "$work/upper-$1" "$work/marks-$1" >"$work/exclude-$1" <<'PYTHON'
import os, stat, sys
upper, marks = sys.argv[1:]


def mark(directory, name):
    os.makedirs(os.path.join(marks, directory), exist_ok=True)
    open(os.path.join(marks, directory, name), "x").close()


for top, directories, files in os.walk(upper):
    relative = os.path.relpath(top, upper)
    if "trusted.overlay.opaque" in os.listxattr(top):
        mark(relative, ".wh..wh..opq")
    for name in files:
        status = os.lstat(os.path.join(top, name))
        if stat.S_ISCHR(status.st_mode) and status.st_rdev == 0:
            mark(relative, ".wh." + name)
            print("./" + os.path.normpath(os.path.join(relative, name)))
PYTHON
  pack_tree "$work/layer-$1.tar" -C "$work/upper-$1" --exclude-from="$work/exclude-$1" .
  (cd "$work/marks-$1" && find . -type f) | tar --append -f "$work/layer-$1.tar" -C "$work/marks-$1" -T -
}

pack_tree() {
  archive=$1
  shift
  tar --create --file "$archive" --format=pax --numeric-owner --sort=name --anchored --no-wildcards \
    --xattrs --xattrs-include='*' --xattrs-exclude='trusted.overlay.*' "$@"
}

pack_tree "$work/layer-1.tar" -C "$work/base" .

layer 2 "$work/base" <<'COMMANDS'
apt-get install -y --no-install-recommends perl iputils-ping libcap2-bin python3-minimal attr libboost1.74-dev tzdata
apt-get clean
COMMANDS

# What layers have to get right besides files: hard links, capabilities, devices, sparse and long names, deletions,
# a directory replaced, a type changed, times and owners.
layer 3 "$work/upper-2:$work/base" <<'COMMANDS'
useradd --create-home --shell /bin/sh alice
cp /bin/ping /usr/local/bin/ping-cap && setcap cap_net_raw+ep /usr/local/bin/ping-cap
cp /bin/true /usr/local/bin/setuid-true && chmod 6755 /usr/local/bin/setuid-true
mkdir -p /srv/fixtures && cd /srv/fixtures
echo one >first && ln first second && ln first third
setfattr -n user.tsker -v binary /srv/fixtures/first
truncate -s 16M sparse && printf end >>sparse
ln -s /absolute/target absolute && ln -s ../../etc/hostname relative && ln -s nowhere dangling
mknod null c 1 3 && mknod pipe p && chmod 666 null
install -d -m 1777 -o alice -g alice sticky && install -d -m 2775 -g games setgid
name=$(printf 'n%.0s' $(seq 200)) && mkdir -p "$name/$name" && echo deep >"$name/$name/$name"
printf 'umlaut' >'grüße' && printf 'space' >' leading and trailing '
echo old >dated && touch -h -d '1999-12-31 23:59:59.123456789 UTC' dated dangling
chown -h 12345:54321 dated relative
rm /usr/share/zoneinfo/Europe/Berlin /etc/motd
rm -r /usr/share/zoneinfo/Antarctica && mkdir /usr/share/zoneinfo/Antarctica && echo new >/usr/share/zoneinfo/Antarctica/New
rm -r /usr/share/zoneinfo/Arctic && echo file >/usr/share/zoneinfo/Arctic
rm /usr/sbin/policy-rc.d
COMMANDS
