# shellcheck shell=bash
# shellcheck disable=SC2154  # unit, socket, data, units and here are set by lib.sh and claims
# Who may ask, who may change, whose files can be read.
configure rights '[socket]' 'group = "alpharl"'
systemctl start alpharl@rights.socket
claim "a member by a supplementary group may read" equals "$(code_as ada:alpharl /v1/status)" 200
claim "and write" equals "$(code_as ada:alpharl /v1/reload -X POST)" 200
claim "a stranger cannot even connect" equals "$(code_as stranger /v1/status)" 000
chmod 666 "$socket"
claim "where the socket is open to all, a stranger may read" equals "$(code_as stranger /v1/status)" 200
claim "and not write" equals "$(code_as stranger /v1/reload -X POST)" 403
claim "which the journal says, with who asked" equals \
    "$(entries RUN=rights "MESSAGE_ID=$(kind request-refused)" "ALPHARL_USER=$(id -u stranger)")" 1
systemctl stop alpharl@rights.socket "$unit"

configure trainer
save_checkpoint 24
chmod 600 "$data/checkpoints/checkpoint-24/model.safetensors"
chown -R ada: "$data/checkpoints"
mkdir /etc/systemd/system/alpharl@trainer.service.d
sed 's/alice/ada/' "$units/drop-ins/as-trainer.conf" >/etc/systemd/system/alpharl@trainer.service.d/as-trainer.conf
systemctl daemon-reload
claim "as-trainer.conf: the daemon runs as the trainer's account" systemctl start "$unit"
claim "as that account" equals "$(stat -c %U "/proc/$(property MainPID)")" ada
claim "reads a checkpoint of mode 0600" eventually has_recorded 1
claim "and leaves the other runs' folder alone" equals "$(stat -c '%U %a' /run/alpharl)" "alpharl 755"
systemctl stop alpharl@trainer.socket "$unit"
