# shellcheck shell=bash
# shellcheck disable=SC2154  # unit, socket, data, units and here are set by lib.sh and claims
# Without root: a user's own manager.
configure own
home=$(getent passwd ada | cut -d: -f6)
install -d -o ada -g ada "$home/.local" "$home/.local/bin" "$home/.config" "$home/.config/alpharl" \
    "$home/.config/systemd" "$home/.config/systemd/user"
ln -s "$(program_path)" "$home/.local/bin/alpharl"
cp "$(configuration_path own)" "$home/.config/alpharl/own.toml"
cp "$units/user/alpharl@.service" "$home/.config/systemd/user/"
chown -R ada: "$home"
loginctl enable-linger ada
runtime=/run/user/$(id -u ada)
as_ada() { runuser -u ada -- env XDG_RUNTIME_DIR="$runtime" "$@"; }
claim "a user's manager comes up" eventually as_ada systemctl --user show-environment
claim "systemd-analyze --user verify has nothing to say about the user unit" \
    is_quiet as_ada systemd-analyze --user verify --man=no "$home/.config/systemd/user/alpharl@.service"
claim "the user unit starts" timeout 20 runuser -u ada -- env XDG_RUNTIME_DIR="$runtime" \
    systemctl --user start alpharl@own
claim "alpharl status finds it by name" as_ada "$home/.local/bin/alpharl" status own
claim "and reloads it" as_ada systemctl --user reload alpharl@own
claim "its store is in the user's state folder" test -e "$home/.local/state/alpharl/own/store.sqlite"
claim "and stops" as_ada systemctl --user stop alpharl@own
