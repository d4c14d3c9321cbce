# shellcheck shell=bash
# shellcheck disable=SC2154  # unit, socket, data, units and here are set by lib.sh and claims
# What hangs.sh began.
use stalled
claim "a daemon that is stopped whole is started again by the watchdog" eventually has_restarted
systemctl stop "$unit"
for number in "${!hangs[@]}"; do
    use "hang$number"
    claim "where ${hangs[number]}, the watchdog starts the daemon again" eventually has_restarted
    claim "after the journal has said who hangs" equals \
        "$(entries "RUN=hang$number" "MESSAGE_ID=$(kind no-sign-of-life)")" 1
    claim "and it answers" eventually ask /readyz
    systemctl stop "$unit"
    kill -KILL "${tracers[number]}" 2>/dev/null || true
done
