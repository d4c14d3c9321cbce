# shellcheck shell=bash
# shellcheck disable=SC2154  # unit, socket, data, units and here are set by lib.sh and claims
# A node whose processors are all taken by the trainer: slow is not hung. The run's deadline is 20 s here; for 30 s its
# threads get next to nothing. The kernel shares processors between sessions first (sched(7), autogroups), so those that
# take them all have to be in the daemon's own.
configure load
change load WatchdogSec=4 ExecStart= "ExecStart=/bin/sh -c 'for i in 1 2 3; do for j in \$(seq \$(nproc)); do \
    timeout 36 sh -c \"while :; do :; done\" & done; done; exec $(program_path) serve --config $(configuration_path load)'"
systemctl daemon-reload
essential "with all processors taken the daemon starts" timeout 20 systemctl start "$unit"
for step in 24 48 72 96; do save_checkpoint "$step"; done
sleep 26
claim "its socket answers" ask /healthz
claim "the work is not done, so its threads did starve" not has_recorded 4
claim "and the watchdog has not restarted the daemon" equals "$(property NRestarts)" 0
claim "when processors are free again, everything is recorded" within 30 has_recorded 4
claim "by the same process" equals "$(property NRestarts)" 0
systemctl stop "$unit"
