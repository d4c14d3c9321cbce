# shellcheck shell=bash
# shellcheck disable=SC2154  # unit, socket, data, units and here are set by lib.sh and claims
# A disk that is full when the daemon starts: it is tried again for as long as that lasts, and needs nobody's hands after it.
# Waits are a fiftieth of the shipped ones: what takes a minute there takes 1.2 s here.
configure full
install -d -o alpharl -g alpharl /var/lib/alpharl/full
mount -t tmpfs -o size=256k,mode=750,uid="$(id -u alpharl)",gid="$(id -g alpharl)" none /var/lib/alpharl/full
dd if=/dev/zero of=/var/lib/alpharl/full/filling bs=4k 2>/dev/null || true
claim "with a full disk the daemon does not start" not timeout 20 systemctl start "$unit"
has_tried() { (($(property NRestarts) >= $1)); }
claim "after twelve times it is still tried" within 40 has_tried 12
claim "and has not been given up" not equals "$(property ActiveState)" failed
claim "the journal says what is wrong" \
    grep -i "no space is left" <(journalctl --boot --quiet --output=cat --unit="$unit")
status_says_so() { { systemctl status --full --no-pager "$unit" || true; } | grep -i "no space is left"; }
claim "systemctl status says so too" eventually status_says_so
rm /var/lib/alpharl/full/filling
mount -o remount,size=64m /var/lib/alpharl/full
claim "with room again it starts by itself" eventually ask /readyz
systemctl stop "$unit"
umount /var/lib/alpharl/full
