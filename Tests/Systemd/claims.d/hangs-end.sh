# shellcheck shell=bash
# shellcheck disable=SC2154  # unit, socket, data, units and here are set by lib.sh and claims
# What hangs.sh began.
use stalled
claim "a daemon that is stopped whole is started again by the watchdog" within 40 has_restarted
watchdog_ends() { sqlite3 "/var/lib/alpharl/$1/store.sqlite" "SELECT value FROM note WHERE key = 'daemon_watchdog_ends'"; }
claim "which the store counts" equals "$(watchdog_ends stalled)" 1
claim "a daemon that was killed is not counted as one" equals "$(watchdog_ends demo)" ""
systemctl stop "$unit"
for number in "${!hangs[@]}"; do
    use "hang$number"
    claim "where ${hangs[number]}, the watchdog starts the daemon again" within 40 has_restarted
    claim "after the journal has said who hangs" equals \
        "$(entries "RUN=hang$number" "MESSAGE_ID=$(kind no-sign-of-life)")" 1
    claim "and it answers" eventually ask /readyz
    claim "and the store counts a restart by the watchdog" equals "$(watchdog_ends "hang$number")" 1
    systemctl stop "$unit"
    kill -KILL "${tracers[number]}" 2>/dev/null || true
done
names_commands() { journalctl --boot --quiet --output=cat RUN=hang0 "MESSAGE_ID=$(kind no-sign-of-life)" | grep emit.on_emit; }
[[ $(uname -m) != x86_64 ]] || claim "the service for emit.on_emit is named as the one that hung" names_commands
