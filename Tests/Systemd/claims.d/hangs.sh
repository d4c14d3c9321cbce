# shellcheck shell=bash
# shellcheck disable=SC2154  # unit, socket, data, units and here are set by lib.sh and claims
# Makes each service inside hang: judged by hangs-end.sh. Deadlines follow WatchdogSec=: with 4 s the run has 20 s. What is
# started after a hang has the deadlines of the shipped unit: however loaded the machine is, it is not ended for being slow.
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
    change "hang$number" WatchdogSec=4 TimeoutAbortSec=1
    systemctl daemon-reload
    systemctl start "$unit"
    hangs+=("$2")
    essential "one thread of an instance hangs" eventually catches "$how" "${names[@]}"
    relax "hang$number"
}

# relax NAME: the process that runs keeps its deadline, the next one gets the shipped one.
relax() {
    change "$1" TimeoutAbortSec=1
    systemctl daemon-reload
}

# catches HOW THREAD...: makes one thread of the instance hang, or says what was found.
catches() {
    local found=/tmp/hang$number
    "$here/hang_thread.py" "$1" "$(property MainPID)" "${@:2}" >"$found" 2>&1 &
    # shellcheck disable=SC2034  # hangs-end.sh ends them
    tracers[number]=$!
    eventually grep "thread(s) hang" "$found"
    grep -x "1 thread(s) hang" "$found" || { cat "$found"; return 1; }
}

# hang_commands WHAT: an instance whose service for emit.on_emit hangs. Its thread is caught while it waits for a lock of the
# store, after a command has ended; then the lock is given back and only that thread stands still.
hang_commands() {
    local number=${#hangs[@]} store step
    configure "hang$number" '[emit]' 'on_emit = ["/bin/sleep", "4"]' 'on_emit_timeout = "5s"'
    change "hang$number" WatchdogSec=4 TimeoutAbortSec=1
    systemctl daemon-reload
    systemctl start "$unit"
    for step in 24 48 72 96 120 144 168 192; do save_checkpoint "$step"; done
    # The second one begins when all checkpoints are recorded: nobody else waits for the store then.
    has_begun() { (($(entries "RUN=hang$number" "MESSAGE_ID=$(kind command-started)") > 1)); }
    essential "a command after a prediction has started" within 60 has_begun
    store=/var/lib/alpharl/hang$number/store.sqlite
    { printf '.timeout 1000\nBEGIN EXCLUSIVE;\n'; sleep 9; } | sqlite3 "$store" >/tmp/lock 2>&1 &
    hangs+=("$1")
    essential "the thread of the service for emit.on_emit hangs" eventually catches --stop '*' --sleeping
    relax "hang$number"
}

if [[ $(uname -m) == x86_64 ]]; then
    hang_commands "the service for emit.on_emit stands still"
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
relax stalled
