# shellcheck shell=bash
# shellcheck disable=SC2154  # unit, socket, data, units and here are set by lib.sh and claims
# The socket belongs to systemd: nobody is refused while the daemon is away.
configure active
systemctl start alpharl@active.socket
claim "the socket is for its group alone" equals "$(stat -c '%a %G' "$socket")" "660 alpharl"
claim "the first request starts the daemon" ask /healthz
claim "which then is active" equals "$(property ActiveState)" active
"$here/lose_nothing.py" "$socket" 6 4 >/tmp/lost 2>&1 &
asking=$!
claim "a restart while clients ask" systemctl restart "$unit"
claim "and another one" systemctl restart "$unit"
asks_without_loss() { wait "$asking" || { cat /tmp/lost; return 1; }; }
claim "lose no request" asks_without_loss
sed 's/^/# /' /tmp/lost
claim "systemctl stop leaves the socket" systemctl stop "$unit"
claim "and the next request starts the daemon again" ask /healthz
claim "a daemon whose socket is systemd's does not remove it when it ends" test -S "$socket"
systemctl stop alpharl@active.socket "$unit"
