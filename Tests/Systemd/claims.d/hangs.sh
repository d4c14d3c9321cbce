# shellcheck shell=bash
# shellcheck disable=SC2154  # unit, socket, data, units and here are set by lib.sh and claims
# Makes each service inside hang: judged by hangs-end.sh. Deadlines follow WatchdogSec=: with 2 s the run has 10 s.
tracers=()
hangs=()

# hang HOW THREAD... -- WHAT: an instance of its own, one of whose threads hangs.
hang() {
    local how=$1 names=() number=${#hangs[@]}
    shift
    while [[ $1 != -- ]]; do
        names+=("$1")
        shift
    done
    configure "hang$number"
    change "hang$number" WatchdogSec=2 TimeoutAbortSec=1
    systemctl daemon-reload
    systemctl start "$unit"
    hangs+=("$2")
    "$here/hang_thread.py" "$how" "$(property MainPID)" "${names[@]}" >"/tmp/hang$number" 2>&1 &
    tracers+=("$!")
    essential "one thread of an instance hangs" eventually grep -x "1 thread(s) hang" "/tmp/hang$number"
}

if [[ $(uname -m) == x86_64 ]]; then
    hang --stop run -- "the run's thread stands still"
    hang --busy run -- "the run's thread turns in a circle"
    hang --stop 'NIO-ELT-*' -- "the socket's thread stands still"
    hang --busy 'NIO-ELT-*' -- "the socket's thread turns in a circle"
else
    echo "# threads are made to hang on x86-64 only"
fi
configure stalled
change stalled WatchdogSec=4 TimeoutAbortSec=1
systemctl daemon-reload
essential "an instance to be stopped whole starts" timeout 20 systemctl start "$unit"
claim "SIGSTOP to it" systemctl kill --kill-whom=main --signal=STOP "$unit"
