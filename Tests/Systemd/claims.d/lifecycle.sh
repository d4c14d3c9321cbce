# shellcheck shell=bash
# shellcheck disable=SC2154  # unit, socket, data, units and here are set by lib.sh and claims
# Start, work, be killed, go on, stop.
configure demo
claim "systemd-analyze verify has nothing to say about the units" \
    is_quiet systemd-analyze verify --man=no /etc/systemd/system/alpharl@.service /etc/systemd/system/alpharl@.socket
claim "the service's exposure is at most 1.5" \
    systemd-analyze security --offline=true --threshold=15 /etc/systemd/system/alpharl@.service
essential "systemctl start returns when the daemon is ready" timeout 20 systemctl start "$unit"
claim "the unit is active" equals "$(systemctl is-active "$unit" || true)" active
claim "it is not root" is_unprivileged
essential "/readyz on its socket answers 200" ask /readyz
for step in 24 48 72; do save_checkpoint "$step"; done
essential "three checkpoints are recorded" eventually has_recorded 3
claim "systemctl status tells the last step" eventually says '\b72\b'
systemctl kill --signal=KILL "$unit"
essential "after SIGKILL systemd starts it again" eventually has_restarted
claim "and answers again" eventually ask /readyz
claim "and the same three checkpoints are recorded" has_recorded 3
save_checkpoint 96
claim "and the next one is recorded" eventually has_recorded 4
claim "systemctl stop succeeds" systemctl stop "$unit"
claim "with Result=success" equals "$(property Result)" success
claim "and exit status 0" equals "$(property ExecMainStatus)" 0
claim "alpharl status then says that nobody answers, with status 69" \
    ends_with 69 "$(program_path)" status --socket "$socket"
configure broken
sed -i 's/^base/baze/' "$(configuration_path broken)"
claim "a configuration with an unknown key fails the start" ends_with 1 systemctl start "$unit"
claim "with exit status 78" equals "$(property ExecMainStatus)" 78
claim "and is not tried again" equals "$(property NRestarts)" 0
status_names_it() { { systemctl status --no-pager "$unit" || true; } | grep 'Status: .*unknown key run.baze'; }
claim "systemctl status says why" eventually status_names_it
warns_of_it() { journalctl --sync && journalctl --boot --quiet --priority=warning --unit="$unit" | grep 'unknown key run.baze'; }
claim "and journalctl -p warning too" eventually warns_of_it
