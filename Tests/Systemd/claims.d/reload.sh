# shellcheck shell=bash
# shellcheck disable=SC2154  # unit, socket, data, units and here are set by lib.sh and claims
# A reload is in force when it answers, or is refused and changes nothing.
configure reload
systemctl start "$unit"
file=$(configuration_path reload)
cp "$file" /tmp/reload.toml

reloads_in_step() {
    local number
    for number in $(seq 20); do
        { cat /tmp/reload.toml; printf '[confidence]\nthreshold = 0.%02d\n' "$((50 + number))"; } >"$file"
        systemctl reload "$unit" || return
        equals "$(number threshold)" "$(printf '0.%02d' "$((50 + number))" | sed 's/0$//')" || return
    done
}
claim "twenty reloads are each in force when systemctl reload returns" reloads_in_step
{ cat /tmp/reload.toml; printf '[confidence]\nthreshold = 7\n'; } >"$file"
claim "a broken file makes systemctl reload fail" ends_with 1 systemctl reload "$unit"
claim "alpharl reload says which line is wrong" \
    grep "reload.toml:.*threshold" <("$(program_path)" reload --socket "$socket" 2>&1)
claim "the old configuration is in force" equals "$(number threshold)" 0.7
claim "and the unit is active" equals "$(property ActiveState)/$(property SubState)" active/running
claim "the journal says so, as an error" equals \
    "$(entries RUN=reload PRIORITY=3 "MESSAGE_ID=$(kind reload-refused)")" 2
systemctl stop "$unit"
