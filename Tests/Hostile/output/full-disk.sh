#!/bin/bash
# Every command that writes a file, on a full tmpfs: 74 with a message, and the old file whole. (tmpfs needs root.)
. "$(dirname "$0")/../lib.sh"
mkdir m; mount -t tmpfs -o size=64k tmpfs m 2> err || { echo "skip no tmpfs here"; exit 0; }
trap 'umount "$T/m"; chmod -R u+rwx "$T"; rm -rf "$T"' EXIT
for i in $(seq 1 90); do echo "[   $i.0] DMAR: [DMA Write NO_PASID] Request device [03:00.0] fault addr 0x5${i}000 [fault reason 0x05] PTE Write access is not set"; done > many.log
printf 'host_address_width: 39\nstructures: [%s{drhd: {base: 0xfed90000, include_all: true}}]\n' "$(for i in $(seq 1 400); do printf '{drhd: {base: 0xfed%02x000}}, ' $((i % 256)); done)" > t.yaml
(printf 'pci_snapshot: 1\nfunctions:\n'; for i in $(seq 0 255); do printf '  "%02x:02.0": {vendor: 0x8086, device: 1, class: 0x030000}\n' $i; done) > p.yaml
cp -r base m/base; cp good.yaml m/log.yaml; sed -i 's/^expect:.*/expect: {log: o}/' m/log.yaml
echo 'old: contents' > m/o; head -c 65536 /dev/zero > m/fill 2> err
for c in "test good.yaml --junit m/o" "import many.log -o m/o" "acpi --build t.yaml -o m/o" "pci snapshot --from p.yaml -o m/o" "test m/log.yaml --update" "replay good.yaml --debugfs m"; do
  "$DMAR" $c > out 2> err; r=$?
  # A snapshot of what no page is left for: the file system refuses the file itself, or its contents.
  [ $r = 74 ] || [ $r = 73 ] && [ -s err ] && [ "$(cat m/o)" = 'old: contents' ] && ok "$c: $r" || bad "$c: exit $r, m/o holds '$(head -c 20 m/o)'"
done; exit $BAD
