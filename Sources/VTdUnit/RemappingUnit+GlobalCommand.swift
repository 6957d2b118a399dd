import Synchronization
import VTdFormats

// GCMD_REG (VT-d specification 11.4.4.1). Software changes one bit at a time; where it changes
// more, tables are latched before what uses them is turned on.
extension RemappingUnit {
  func command(_ command: GlobalCommand, _ state: inout UnitState, _ effects: inout Effects) {
    if command[flag: .setRootTable] { latchRootTable(&state) }
    enableTranslation(command[flag: .translation], &state)
  }

  /// SRTP: from now on the walks start where RTADDR says.
  private func latchRootTable(_ state: inout UnitState) {
    let root: RootTableAddress = state.registers[image: RegisterOffset.rtaddr]
    let value = control.load(ordering: .relaxed) & ~ControlBits.root
    control.store(value | root.rawValue & ControlBits.root, ordering: .releasing)
    setStatus(.rootTable, true, &state)
  }

  private func enableTranslation(_ on: Bool, _ state: inout UnitState) {
    setStatus(.translation, on, &state)
    setControl(ControlBits.translationEnabled, on)
  }

  func setStatus(_ field: BitField<GlobalStatus>, _ on: Bool, _ state: inout UnitState) {
    var status: GlobalStatus = state.registers[image: RegisterOffset.gsts]
    status[flag: field] = on
    state.registers[image: RegisterOffset.gsts] = status
  }
}
