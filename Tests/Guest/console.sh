# What a guest prints on its console: the driver's debugfs files, where the kernel has them, and the steps of
# the word steps= of the kernel command line, with commas between them.
#
#   w:ADDRESS, r:ADDRESS   each edu writes or reads 16 bytes there, and the step waits for gap= seconds,
#                          longer than the limiter's time unless the word says less
#   m:ADDRESS              each edu writes 4 bytes, as a message of an interrupt
#   at:FUNCTION            the steps that follow are of this function alone
#   disk, net              the NVMe disk is read; the network card sends
#   unbind:DRIVER, bind    the driver lets go of its function, and takes it again
#   type:TYPE              the domain of edu's group becomes of this type
#   remove, rescan         edu goes and comes back; a step between them still starts it, if one did before
#   suspend                to memory and back, all but the last step of it
#   tables                 the debugfs files again
D=/sys/kernel/debug/iommu/intel
echo 8 > /proc/sys/kernel/printk
gap=5.2
for word in $(cat /proc/cmdline); do
  case $word in gap=*) gap=${word#gap=};; steps=*) steps=${word#steps=};; esac
done

show() {
  for file in "$@"; do
    if [ -e "$file" ]; then
      echo "== $file"
      cat "$file"
    fi
  done
}

tables() {
  show $D/iommu_regset $D/dmar_translation_struct $D/domain_translation_struct $D/*/domain_translation_struct \
    $D/*/*/domain_translation_struct $D/ir_translation_struct
  if [ -e $D/invalidation_queue ]; then
    # The descriptors that are in use; the others are zero.
    echo "== $D/invalidation_queue"
    awk 'NR < 42 || !/\t0000000000000000\t0000000000000000/' $D/invalidation_queue
  fi
}

transfer() {
  for function in $functions; do
    case $1 in write) echo "== $function: DMA write $2";; read) echo "== $function: DMA read $2";; esac
    edu $function $1 $2 $3
    sleep $gap
  done
}

functions=
for path in /sys/bus/pci/devices/*; do
  echo "${path##*/} $(cat $path/vendor) $(cat $path/device) $(cat $path/iommu_group/type)"
  [ "$(cat $path/device)" = 0x11e8 ] && functions="$functions ${path##*/}"
done
show /sys/class/iommu/*/intel-iommu/*cap
tables
for step in $(echo $steps | tr , ' '); do
  value=${step#*:}
  case $step in
    w:*) transfer write $value 16;;
    r:*) transfer read $value 16;;
    m:*) transfer write $value 4;;
    at:*) functions=$value;;
    disk) dd if=/dev/nvme0n1 of=/dev/null bs=4k count=64 2> /dev/null;;
    net) ip addr add 10.0.2.15/24 dev eth0; ping -c 2 -W 1 10.0.2.2 > /dev/null;;
    unbind:*)
      driver=/sys/bus/pci/drivers/$value
      bound=$(ls -d $driver/0000:* | head -1)
      echo "== unbind ${bound##*/}"
      echo ${bound##*/} > $driver/unbind;;
    bind) echo "== bind ${bound##*/}"; echo ${bound##*/} > $driver/bind; sleep 3;;
    type:*)
      for function in $functions; do
        echo "== $function: $value"
        echo $value > /sys/bus/pci/devices/$function/iommu_group/type
      done;;
    remove)
      registers=
      for function in $functions; do
        echo "== remove $function"
        registers="$registers $(head -1 /sys/bus/pci/devices/$function/resource | cut -d ' ' -f 1)"
        echo 1 > /sys/bus/pci/devices/$function/remove
      done
      removed=$functions functions=$registers;;
    rescan) echo "== rescan"; echo 1 > /sys/bus/pci/rescan; functions=$removed;;
    suspend) echo "== suspend"; echo core > /sys/power/pm_test; echo mem > /sys/power/state;;
    tables) tables;;
  esac
done
tables
