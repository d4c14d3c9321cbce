#!/bin/bash
# Boots a real systemd (as PID 1 of new namespaces, on a throw-away overlay of
# the root file system), installs unit files, runs a command next to it, and
# takes everything down again. Exits with the command's exit status.
#
#   with-systemd.sh [--unit PATH]... [--file SRC:DST]... [--bind PATH]...
#                   [--host-net] [--keep-log FILE] -- COMMAND [ARG]...
#
#   --unit PATH      unit file, or NAME.d drop-in folder, for /etc/systemd/system
#   --file SRC:DST   file (mode kept) for DST inside
#   --bind PATH      folder or file that inside is the real one, not a copy on
#                    write: needed for whatever COMMAND writes and you keep
#   --host-net       share the network (default: a loopback of its own)
#   --keep-log FILE  write the journal (short-precise) here at the end
#
# COMMAND runs as root, in the current folder, with the current environment. It
# sees the caller's files; what it or the services write outside --bind paths is
# gone afterwards. Needs root, and the packages systemd, dbus and util-linux.
# Exit status: the command's; 125 for a wrong call or a manager that won't boot.

# shellcheck disable=SC2086  # $net and the process numbers are words that may be absent
# shellcheck disable=SC2016,SC2317  # the text for another bash, and what its traps call
set -euo pipefail

die() { echo "with-systemd: $*" >&2; exit 125; }

if [[ ${1-} == --inner ]]; then         # PID 1 of the new namespaces from here on
    base=$2 root=$2/root
    mount -t overlay overlay -o "lowerdir=/,upperdir=$base/upper,workdir=$base/work" "$root"
    mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
    mount --bind "$root/proc/sys" "$root/proc/sys"      # not namespaced: keep it unwritten
    mount -o remount,bind,ro "$root/proc/sys"
    mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
    mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"
    mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"
    mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
    for node in null:1:3 zero:1:5 full:1:7 random:1:8 urandom:1:9 tty:5:0; do
        IFS=: read -r name major minor <<<"$node"
        mknod -m 666 "$root/dev/$name" c "$major" "$minor"
    done
    mkdir -m 755 "$root/dev/pts"
    mkdir -m 1777 "$root/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
    mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
    ln -s pts/ptmx "$root/dev/ptmx"
    for link in fd: stdin:/0 stdout:/1 stderr:/2; do
        ln -s "/proc/self/fd${link#*:}" "$root/dev/${link%%:*}"
    done
    while IFS= read -r path; do
        [[ -e $root$path ]] || mkdir -p "$root$path"
        mount --rbind "$path" "$root$path"
    done <"$base/binds"
    # Only what was asked for runs: none of this machine's enabled units.
    mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/etc/systemd/system"
    ln -s /dev/null "$root/etc/systemd/system/systemd-modules-load.service"
    ln -s /dev/null "$root/etc/systemd/system/systemd-remount-fs.service"
    cp -a "$base/units/." "$root/etc/systemd/system/"
    (cd "$base/files" && find . -type f -print0) | while IFS= read -r -d '' f; do
        install -D -m "$(stat -c %a "$base/files/$f")" "$base/files/$f" "$root/${f#./}"
    done
    mkdir -p "$root/oldroot" "$root/etc/tmpfiles.d"
    ln -sf /dev/null "$root/etc/tmpfiles.d/tmp.conf"    # Debian's would empty /tmp at boot
    cd "$root"
    pivot_root . oldroot
    umount -l /oldroot
    mount --make-rshared /              # as after a real boot: LoadCredential= needs it
    exec env -i container=with-systemd PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        /lib/systemd/systemd --system --show-status=no --log-target=journal
fi

if [[ ${1-} == --outer ]]; then         # in a mount namespace of its own: nothing to undo outside
    base=$2 group=$3 net=$4
    mount -t tmpfs -o mode=755 tmpfs "$base/space"
    mkdir "$base"/space/{upper,work,root,cgroup}
    mv "$base"/{units,files,binds} "$base/space/"
    mount -t cgroup2 cgroup2 "$base/space/cgroup"
    mkdir "$base/space/cgroup/$group"
    echo $$ >"$base/space/cgroup/$group/cgroup.procs"
    exec unshare --mount --pid --uts --ipc --cgroup $net --fork --kill-child -- \
        bash "$0" --inner "$base/space" </dev/null >"$base/boot.log" 2>&1
fi

units=() files=() binds=() net=--net log=
while (($#)); do
    case $1 in
        --unit | --file | --bind | --keep-log) (($# > 1)) || die "$1 needs a value" ;;&
        --unit) units+=("$2"); shift 2 ;;
        --file) files+=("$2"); shift 2 ;;
        --bind) binds+=("$(realpath -e -- "$2")") || die "no such path: $2"; shift 2 ;;
        --keep-log) log=$2; shift 2 ;;
        --host-net) net=; shift ;;
        --) shift; break ;;
        -h | --help) sed -n '2,/^$/{/^#/s/^# \{0,1\}//p}' "$0"; exit 0 ;;
        *) die "unknown argument: $1" ;;
    esac
done
(($#)) || die "no command after --"
((EUID == 0)) || die "must be root"
for tool in /lib/systemd/systemd dbus-daemon unshare nsenter setpriv pgrep; do
    command -v "$tool" >/dev/null || die "$tool is missing (packages: systemd dbus util-linux procps)"
done

base=$(mktemp -d "${TMPDIR:-/tmp}/with-systemd.XXXXXX")
group=${base##*/} init='' outer=''
chmod 755 "$base"
cleanup() {
    kill -KILL ${init:-$outer} 2>/dev/null || true      # PID 1 takes its whole namespace along
    wait $outer 2>/dev/null || true
    unshare --mount bash -c '
        mount -t cgroup2 cgroup2 "$1" && cd "$1/$2" 2>/dev/null || exit 0
        for try in {1..50}; do
            find . -mindepth 1 -depth -type d -exec rmdir {} + 2>/dev/null
            cd .. && rmdir "$2" 2>/dev/null && exit 0
            cd "$2" && sleep 0.1
        done' - "$base/space" "$group" || true
    rm -rf --one-file-system "$base"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

mkdir "$base"/{units,files,space}
printf '%s\n' ${binds[@]+"${binds[@]}"} | sed '/^$/d' >"$base/binds"
for unit in ${units[@]+"${units[@]}"}; do cp -RL -- "$unit" "$base/units/" || die "cannot copy $unit"; done
for file in ${files[@]+"${files[@]}"}; do
    [[ $file == *:/* ]] || die "--file wants SRC:DST with an absolute DST: $file"
    mkdir -p "$base/files$(dirname -- "${file#*:}")"
    cp -pL -- "${file%%:*}" "$base/files${file#*:}" || die "cannot copy ${file%%:*}"
done

setpriv --pdeathsig KILL unshare --mount --propagation private -- bash "$0" --outer "$base" "$group" "$net" &
outer=$!
inside() { nsenter --target "$init" --mount --uts --ipc --pid --cgroup ${net:+--net} "$@"; }
state=
for ((try = 0; try < 300; try++)); do
    [[ -n $init ]] || init=$(pgrep -x -P "$outer" systemd || true)
    [[ -z $init ]] || state=$(inside systemctl is-system-running 2>/dev/null || true)
    [[ $state == running || $state == degraded ]] && break
    kill -0 "$outer" 2>/dev/null || break
    sleep 0.1
done
if [[ $state != running && $state != degraded ]]; then
    cat "$base/boot.log" >&2 || true
    [[ -z $init ]] || inside journalctl -b --no-pager -n 50 >&2 || true
    die "systemd did not come up (state: ${state:-none})"
fi

status=0
inside --wdns="$PWD" -- "$@" <&0 &      # in the background, so that a signal ends us at once
wait $! || status=$?
[[ -z $log ]] || inside journalctl -b --no-pager -o short-precise >"$log" || true
exit "$status"
