#!/bin/bash
# Every command that writes a file, stopped or refused at each system call of the write: the file that was there is whole each time, or the new one is.
. "$(dirname "$0")/../lib.sh"
strace -o trace true 2> err || { echo "skip no strace here"; exit 0; }
printf 'host_address_width: 39\nstructures: [{drhd: {base: 0xfed90000, include_all: true}}]\n' > t.yaml
printf 'pci_snapshot: 1\nfunctions:\n  "00:02.0": {vendor: 0x8086, device: 1, class: 0x030000}\n' > p.yaml
cp good.yaml log.yaml; sed -i 's/^expect:.*/expect: {log: o}/' log.yaml
# All commands share one writer: without `all` behind the binary, two of them stand for it.
commands=("import good.log -o o" "test log.yaml --update")
[ "${2:-}" = all ] && commands+=("test good.yaml --junit o" "acpi --build t.yaml -o o" "pci snapshot --from p.yaml -o o" "replay good.yaml --debugfs d")
for c in "${commands[@]}"; do
  out=o; [[ $c == *--debugfs* ]] && out=d/iommu_regset
  mkdir -p d; printf 'old contents\n' > $out; "$DMAR" $c > out 2> err; cp $out new
  [ -s new ] && ! cmp -s new <(printf 'old contents\n') || { bad "$c writes nothing"; continue; }
  runs=0; wrong=0
  for call in write fchmod fsync linkat rename; do
    for how in signal=KILL error=ENOSPC; do
      for n in 1 2 3 4 5 6 7 8; do
        printf 'old contents\n' > $out
        (timeout 60 strace -f -qq -o trace -e trace=$call -e inject=$call:$how:when=$n "$DMAR" $c > out 2> err) 2> killed; r=$?; runs=$((runs+1))
        if [[ $c == *--junit* ]]; then sed -i -E 's/(time|timestamp)="[^"]*"//g' $out; sed -E 's/(time|timestamp)="[^"]*"//g' new > newer; else cp new newer; fi
        cmp -s $out <(printf 'old contents\n') || cmp -s $out newer || { wrong=$((wrong+1)); echo "     $call $n $how: exit $r, $(wc -c < $out) bytes"; }
        grep -qE 'INJECTED|killed by' trace || break
      done
    done
  done
  [ $wrong = 0 ] && ok "$c: $runs runs" || bad "$c: $wrong of $runs runs leave half a file"
done; exit $BAD
