# shellcheck shell=bash
# What the scripts of this folder share: words on the terminal, what must be installed, the build. Sourced, never run.

repository=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
export repository

if [[ -t 1 && -z ${NO_COLOR-} ]]; then
    bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' plain=$'\e[0m'
else
    bold='' dim='' red='' plain=''
fi

heading() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
say() { printf '  %s\n' "$*"; }
aside() { printf '  %s%s%s\n' "$dim" "$*" "$plain"; }

# fail MESSAGE [STATUS]: one line on stderr, what failed: why; what to do. Statuses are those of sysexits.h.
fail() {
    printf '%s%s: %s%s\n' "$red" "${0##*/}" "$1" "$plain" >&2
    exit "${2-70}"
}

# Packages. `require PACKAGE REASON COMMAND...` notes a package whose COMMAND does not succeed; `install_missing
# FUNCTION` runs FUNCTION, a list of such lines, installs what it noted, and runs it again to be sure.

missing=()

require() {
    local package=$1 reason=$2
    shift 2
    "$@" >/dev/null 2>&1 && return
    missing+=("$package")
    say "$(printf '%-18s %s' "$package" "$reason")"
}

has_command() { command -v "$1"; }

has_header() { compgen -G "/usr/include/$1" || compgen -G "/usr/include/*-linux-*/$1" || compgen -G "/usr/local/include/$1"; }

has_module() {
    local python
    for python in python3 /usr/bin/python3; do
        "$python" -c "import $1" && return
    done
}

install_missing() {
    local needs=$1
    missing=()
    "$needs"
    ((${#missing[@]})) || { say "nothing is missing"; return; }
    local as_root=()
    if ((EUID != 0)); then
        has_command sudo >/dev/null ||
            fail "cannot install: not root and no sudo; have an administrator run: apt-get install ${missing[*]}" 77
        as_root=(sudo)
    fi
    has_command apt-get >/dev/null ||
        fail "cannot install: no apt-get here; install what is listed above with this system's own packages" 69
    say "installing with apt-get${as_root[0]:+ (through ${as_root[0]})}: ${missing[*]}"
    local log
    log=$(mktemp "${TMPDIR:-/tmp}/alpharl-apt.XXXXXX")
    if ! { "${as_root[@]}" apt-get update &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"; } \
        >"$log" 2>&1 </dev/null; then
        tail -n 15 "$log" >&2
        fail "apt-get failed: its last lines are above, all of them in $log" 69
    fi
    rm -f "$log"
    missing=()
    "$needs"
    ((${#missing[@]} == 0)) || fail "still missing after apt-get: ${missing[*]}; install them by hand" 69
}

# What the build needs, each with the question that tells whether it is there.
build_needs() {
    require git "fetches the Swift packages" has_command git
    require pkg-config "finds the C libraries" has_command pkg-config
    require g++ "C++ headers, for the TOML reader" compgen -G "/usr/include/c++/*/vector"
    require libopenblas-dev "dense linear algebra" has_header cblas.h
    require liblapacke-dev "small singular value decompositions" has_header lapacke.h
    require libsqlite3-dev "the store" has_header sqlite3.h
    require libsystemd-dev "readiness, watchdog, journal" has_header systemd/sd-daemon.h
    require libxxhash-dev "fingerprints of tensors" has_header xxhash.h
}

# What replaying and judging the example run needs.
example_needs() {
    require xz-utils "unpacks the example run" has_command xz
    require curl "asks the daemon over its socket" has_command curl
    require python3 "plays the trainer" has_command python3
    require python3-numpy "measures accuracy" has_module numpy
}

# The Swift toolchain is not a Debian package: it is asked for, not installed.
require_swift() {
    local version
    has_command swift >/dev/null ||
        fail "no swift found: the toolchain is not a package; install 6.2 or later (swift.org/install) and put it on PATH" 69
    version=$(swift --version 2>&1 | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    [[ $(printf '%s\n6.2\n' "$version" | sort -V | head -n 1) == 6.2 ]] ||
        fail "swift is too old: got ${version:-no version}, expected 6.2 or later; install a newer toolchain" 69
    say "Swift $version"
}

# The python that has numpy: the first one on PATH may be another than the system's, where apt installs.
python_with_numpy() {
    local python
    for python in python3 /usr/bin/python3; do
        if "$python" -c 'import numpy' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
    fail "no python3 with numpy; install python3-numpy" 69
}

# Builds the program with optimisation and sets `alpharl` to its path.
build_release() {
    say "swift build -c release --product alpharl"
    aside "the first time it compiles all packages, which takes several minutes on two cores; seconds afterwards"
    (cd "$repository" && swift build -c release --product alpharl) || fail "the build failed: see the lines above"
    alpharl=$(cd "$repository" && swift build -c release --show-bin-path)/alpharl
    [[ -x $alpharl ]] || fail "the build made no program: expected $alpharl"
}

# unpack_example FOLDER: makes FOLDER/addition-grpo with base/, checkpoint-N/ and accuracy.jsonl, once.
unpack_example() {
    [[ -e $1/addition-grpo/accuracy.jsonl ]] && return
    mkdir -p "$1"
    local unpacked
    unpacked=$(mktemp -d "$1/.unpacking.XXXXXX")
    tar -xJf "$repository/Examples/addition-grpo.tar.xz" -C "$unpacked" --no-same-owner ||
        fail "cannot unpack Examples/addition-grpo.tar.xz into $1: see above; free some space (25 MB)" 73
    rm -rf "$1/addition-grpo"
    mv "$unpacked/addition-grpo" "$1/"
    rmdir "$unpacked"
}

# wait_until_ready SOCKET PID LOG: until the daemon answers on its socket; it has half a minute.
wait_until_ready() {
    local deadline=$((SECONDS + 30))
    until curl --silent --fail --max-time 2 --unix-socket "$1" http://localhost/readyz >/dev/null 2>&1; do
        kill -0 "$2" 2>/dev/null || { tail -n 20 "$3" >&2; fail "the daemon stopped while starting: its last lines are above" 69; }
        ((SECONDS < deadline)) || { tail -n 20 "$3" >&2; fail "the daemon is not ready after 30 s: its last lines are above" 69; }
        sleep 0.2
    done
}
