public import VTdFormats

extension ATSDevice {
  /// A DMA of the device: through its own TLB if it has the page, with a translation request if
  /// not, and then as a translated request.
  ///
  /// The page that the TLB holds is used although the tables may have changed: that is what a
  /// forgotten invalidation shows. Nil where the translation request is answered without the
  /// permission that is needed.
  public func access(
    _ access: DMAAccess, _ address: IOVA, pasid: PASID? = nil, through unit: RemappingUnit
  ) -> Translation? {
    let needs = access.permissions
    var page = cached(address.rawValue, pasid: pasid?.rawValue)
    if page == nil || page?.permissions.isSuperset(of: needs) == false {
      let answer = unit.translate(
        DMARequest(
          source: source, address: address, access: access, pasid: pasid,
          addressType: .translationRequest))
      guard case .translated(let found) = answer.outcome else { return answer }
      if !found.permissions.isSuperset(of: needs) { return nil }
      if found.untranslatedOnly {
        return unit.translate(
          DMARequest(source: source, address: address, access: access, pasid: pasid))
      }
      keep(found, address.rawValue, pasid: pasid?.rawValue)
      page = found
    }
    guard let page else { return nil }
    let base = page.address.rawValue & ~(page.pageSize - 1)
    let physical = base | address.rawValue & (page.pageSize - 1)
    return unit.translate(
      DMARequest(
        source: source, address: IOVA(rawValue: physical), access: access, pasid: pasid,
        addressType: .translated))
  }
}
