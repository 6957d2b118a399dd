#!/usr/bin/env -S drgn
"""Prints each remapping unit of a kernel with its root table, for `dmar walk` and `dmar tables`.

    drgn docs/find-root.py                      the running kernel, as root
    drgn -c VMCORE -s VMLINUX docs/find-root.py

The root's address stands in a register of the unit, which no image of memory holds. The driver has
a pointer to the table in struct intel_iommu; as it lies in the direct map, its physical address
follows. Needs the kernel's debug information (DWARF, or BTF with a drgn that reads it).

A core of QEMU's dump-guest-memory needs `-device vmcoreinfo` and the guest's module qemu_fw_cfg, and a
drgn that finds the kernel's page tables in it: 0.3.0 does, Debian 12's 0.0.22 does not.
"""

from drgn import FaultError
from drgn.helpers.linux.list import list_for_each_entry
from drgn.helpers.linux.mm import virt_to_phys

SCALABLE = 1 << 10  # RTADDR.TTM = 1
FOUND = 0

for unit in list_for_each_entry(
    "struct dmar_drhd_unit", prog["dmar_drhd_units"].address_of_(), "list"  # noqa: F821
):
    iommu = unit.iommu
    if not iommu:
        print(f"# the unit at {unit.reg_base_addr.value_():#x} is not in use")
        continue
    name = iommu.name.string_().decode()
    try:
        root = iommu.root_entry
    except AttributeError:
        print(f"# {name}: this kernel was built without CONFIG_INTEL_IOMMU")
        continue
    if not root:
        print(f"# {name}: no root table")
        continue
    try:
        address = virt_to_phys(root).value_()
    except FaultError as error:
        print(f"# {name}: {error}")
        continue
    # ECAP.SMTS, and scalable mode in use: GSTS is a register, so the flag is the driver's own.
    scalable = bool(iommu.ecap.value_() >> 43 & 1) and bool(
        prog["intel_iommu_sm"].value_() if "intel_iommu_sm" in prog else 0  # noqa: F821
    )
    rtaddr = address | (SCALABLE if scalable else 0)
    print(
        f"{name}: --root {rtaddr:#x} --cap {iommu.cap.value_():#x} --ecap {iommu.ecap.value_():#x}"
        f"  segment {iommu.segment.value_()}, registers at {iommu.reg_phys.value_():#x}"
    )
    FOUND += 1

if not FOUND:
    print("# no unit has a root table")
