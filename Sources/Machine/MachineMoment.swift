public import LinuxIOMMU
public import VTdFormats
public import VTdUnit

/// What a machine tells whoever records its run, as it happens: see ``Machine/witness``.
///
/// What begins ends again, and what comes in between is what it led to.
public enum MachineMoment {
  /// Something begins.
  case begins(Act)
  /// What began last is over; the value is what a read gave.
  case ends(UInt64?)
  /// Something happened inside the unit of that name.
  case unit(String, UnitEvent)
  /// What stands in ``Machine/events``.
  case event(MachineEvent)
  /// A device is about to send; its requests, if any reach a unit, begin next.
  case sends(DeviceDMA)
  /// Bytes of a DMA that are about to be written to memory.
  case landing(PhysicalAddress, [UInt8])
  /// The kernel did something with its locks.
  case locks(LockMoment)

  /// What may begin.
  public enum Act {
    /// The CPU, or somebody through it, reaches for memory or a register.
    case access(HardwareAccess)
    /// A request reaches a unit, through the device's own TLB where it uses one.
    case dma(NamedUnit, DMARequest, through: ATSDevice?)
    /// A device asked for a page.
    case pageRequest(NamedUnit, PageRequest)
    /// A device sent an interrupt.
    case interruptRequest(NamedUnit, InterruptRequest)
    /// A CPU takes the interrupt of a unit's message.
    case interrupt(unit: String, InterruptMessage, InterruptedContext)
  }
}
