# shellcheck shell=bash
# shellcheck disable=SC2154  # unit, socket, data, units and here are set by lib.sh and claims
# Events can be asked for by what they are about, and explained.
configure told
systemctl start "$unit"
for step in 24 48 72 96 120 144; do save_checkpoint "$step"; done
essential "six checkpoints are recorded" eventually has_recorded 6
claim "a recorded checkpoint is one entry, found by run, step and kind" equals \
    "$(entries RUN=told STEP=72 "MESSAGE_ID=$(kind checkpoint-recorded)")" 1
claim "or by its folder" equals \
    "$(entries "CHECKPOINT=$data/checkpoints/checkpoint-72" "MESSAGE_ID=$(kind checkpoint-recorded)")" 1
claim "no weight has an entry at level info" equals "$(entries RUN=told "MESSAGE_ID=$(kind module-factored)")" 0
claim "the level can be changed while it runs" ask /v1/log-level -X PUT -d '{"level": "debug"}'
for step in 168 192; do save_checkpoint "$step"; done
essential "the next ones are recorded" eventually has_recorded 8
claim "each weight now has an entry" equals \
    "$(entries RUN=told STEP=192 MODULE=model.layers.0.mlp.down_proj.weight)" 1
has_published() { (($(entries RUN=told PREDICTION=1 "MESSAGE_ID=$(kind prediction-published)") == 1)); }
claim "a prediction is found by its number" eventually has_published
claim "journalctl --catalog says what to do about it" \
    grep "Evaluate it and post" <(journalctl --catalog "MESSAGE_ID=$(kind prediction-published)")
claim "from level info on, no entry of the daemon is without a kind" equals \
    "$(journalctl --boot --quiet --priority=info --output=json RUN=told | grep -cv MESSAGE_ID)" 0
# shellcheck disable=SC2016  # a format of ps
claim "only the run's threads are in the idle class" equals \
    "$(ps -L -o comm=,cls= -p "$(property MainPID)" | awk '$2 == "IDL" {print $1}' | sort -u | tr '\n' ' ')" "run "
systemctl stop "$unit"
claim "no entry is longer than 2000 characters, at level debug either" not \
    grep -E '.{2001}' <(journalctl --boot --quiet --output=cat --all "--unit=$unit")
