# shellcheck shell=bash
# What the claims are written in. Sourced by `claims`, which sets program, units, example, here and drop_ins.
# shellcheck disable=SC2317  # the functions below are called by name, through claim and eventually
: "${program:?}" "${units:?}" "${example:?}" "${here:?}"
failed=0

claim() {
    local what=$1
    shift
    if "$@" >/tmp/claim.out 2>&1; then
        echo "ok      $what"
    else
        echo "not ok  $what"
        tail -n 5 /tmp/claim.out | sed 's/^/#   /'
        failed=1
    fi
}

# essential WHAT COMMAND...: a claim without which the rest makes no sense.
essential() {
    local before=$failed
    failed=0
    claim "$@"
    if ((failed)); then finish; fi
    failed=$before
}

finish() {
    if ((failed)); then
        echo "# the journal:"
        journalctl --boot --no-pager --output=short-precise --unit='alpharl@*' | tail -n 40 | sed 's/^/# /'
    fi
    exit "$failed"
}

# use NAME: what the functions below are about from here on.
use() { unit=alpharl@$1 socket=/run/alpharl/$1.sock data=/srv/alpharl-$1; }

property() { systemctl show --value --property="$1" "${2-$unit}"; }
ask() { curl --silent --show-error --fail --max-time 5 --unix-socket "$socket" "http://localhost$1" "${@:2}"; }
# number KEY: the first number of that name in the status.
number() { ask /v1/status | sed -n "s/.*\"$1\" *: *\([0-9.]*\).*/\1/p"; }
# code_as USER PATH...: the HTTP status that this user gets, 000 without a connection. USER may be USER:GROUP,GROUP.
code_as() {
    local groups=--clear-groups
    [[ $1 != *:* ]] || groups=--groups=$(getent group "${1#*:}" | cut -d: -f3)
    setpriv --reuid="${1%%:*}" --regid="$(id -g "${1%%:*}")" "$groups" curl --silent --output /dev/null --max-time 5 \
        --write-out '%{http_code}' --unix-socket "$socket" "http://localhost$2" "${@:3}" || true
}

# eventually COMMAND...: asks again for at most 12 seconds.
eventually() { within 12 "$@"; }
# within SECONDS COMMAND...
within() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

has_recorded() { equals "$(number recorded)" "$1"; }
equals() { [[ $1 == "$2" ]] || { echo "got '$1', expected '$2'"; return 1; }; }
has_restarted() {
    (($(property NRestarts "${1-$unit}") >= 1)) && [[ $(property ActiveState "${1-$unit}") == active ]]
}
says() { property StatusText | grep -e "$1"; }
is_quiet() { [[ -z $("$@" 2>&1) ]] || { "$@"; return 1; }; }
is_unprivileged() { (($(stat -c %u "/proc/$(property MainPID)") != 0)); }
ends_with() { local want=$1 got=0; shift; "$@" || got=$?; equals "$got" "$want"; }
not() { if "$@"; then return 1; fi; }
# kind NAME: its MESSAGE_ID.
kind() { sed -n "/^# $1\$/{n;s/^-- //p}" "$units/alpharl.catalog"; }
# entries FIELD=VALUE...: how many of the journal's entries have all of them.
entries() { journalctl --sync && journalctl --boot --quiet --no-pager --output=cat "$@" | wc -l; }

# The order of the Hugging Face trainer: the folder at its final name, trainer_state.json last.
save_checkpoint() {
    local file folder=$data/checkpoints/checkpoint-$1
    mkdir "$folder"
    for file in config.json generation_config.json model.safetensors trainer_state.json; do
        cp "$example/checkpoint-$1/$file" "$folder/"
    done
}

# What the unit says: the configuration of an instance, and the program.
configuration_path() { sed -n 's/^ExecStart=.*--config[ =]\([^ ]*\).*/\1/p' "$units/alpharl@.service" | sed "s/%[iI]/$1/g"; }
program_path() { sed -n 's/^ExecStart=[-:@+!]*\([^ ]*\).*/\1/p' "$units/alpharl@.service"; }

# configure NAME [TOML-LINE...]: a run of its own with the example's base.
configure() {
    use "$1"
    mkdir -p "$data/checkpoints"
    {
        printf '[run]\nname = "%s"\nwatch = "%s/checkpoints"\nbase = "/srv/alpharl-base"\n' "$1" "$data"
        printf '%s\n' "${@:2}"
    } >"$(configuration_path "$1")"
}

# change NAME DROP-IN-LINE...: settings of one instance, in [Service].
change() {
    mkdir -p "/etc/systemd/system/alpharl@$1.service.d"
    printf '%s\n' "[Service]" "${@:2}" >"/etc/systemd/system/alpharl@$1.service.d/test.conf"
}

install_all() {
    umask 022
    install -D -m 755 "$program" "$(program_path)"
    install -D -m 644 "$units/alpharl.sysusers" /usr/lib/sysusers.d/alpharl.conf
    install -D -m 644 "$units/alpharl.tmpfiles" /usr/lib/tmpfiles.d/alpharl.conf
    install -D -m 644 "$units/alpharl.catalog" /usr/lib/systemd/catalog/alpharl.catalog
    systemd-sysusers alpharl.conf 2>/dev/null
    systemd-tmpfiles --create alpharl.conf
    journalctl --update-catalog
    useradd --create-home ada
    useradd --create-home stranger
    cp -r "$example/base" /srv/alpharl-base
    chmod -R a+rX /srv/alpharl-base
}
