internal import KernelProfiles
internal import Lockdep

/// A list that its readers may walk while it changes (lib/klist.c): each step of a walk and each
/// change of the list takes the list's lock.
///
/// How the lock is taken is what the report of this project is about: steps save and disable
/// interrupts, changes do not (`KernelBehaviour`).
package final class Klist<Element: AnyObject> {
  private let kernel: KernelContext
  private let lock: KernelLock
  private var elements: [Element] = []

  /// - Parameter name: the instance in a scenario's table of addresses: `pci.klist_devices`.
  package init(_ name: String, in kernel: KernelContext) {
    self.kernel = kernel
    // klist_init has one static key, so the locks of all lists are of one class.
    lock = kernel.makeLock(.spinlock, class: "&k->k_lock", instance: name)
  }

  /// The list lets go of its elements: its kernel ends.
  func end() { elements = [] }

  /// klist_add_tail.
  package func addTail(_ element: Element) {
    kernel.call("klist_add_tail") {
      kernel.locked(lock, kernel.build.behaviour.klistAdd) { elements.append(element) }
    }
  }

  /// klist_del.
  package func delete(_ element: Element) {
    kernel.call("klist_del") { put(element, kill: true) }
  }

  /// klist_remove: a klist_del that waits until nobody stands on the node.
  package func remove(_ element: Element, waitersLock: KernelLock) {
    kernel.call("klist_remove") {
      kernel.locked(waitersLock, .plain) {}
      delete(element)
    }
  }

  /// klist_put: gives a reference back, with `kill` the list's own.
  private func put(_ element: Element, kill: Bool) {
    kernel.call("klist_put") {
      kernel.locked(lock, kernel.build.behaviour.klistPut) {
        if kill { elements.removeAll { $0 === element } }
      }
    }
  }

  /// The first element behind `start`, from the beginning where that is nil, that matches:
  /// klist_iter_init_node, klist_next again and again, klist_iter_exit.
  package func first(after start: Element?, where matches: (Element) -> Bool) -> Element? {
    var current = start
    while let element = next(after: current) {
      current = element
      guard matches(element) else { continue }
      // A walk that stops on a node holds a reference to it, which klist_iter_exit gives back; one
      // that ran out holds none.
      kernel.call("klist_iter_exit") { put(element, kill: false) }
      return element
    }
    return nil
  }

  /// klist_next.
  private func next(after current: Element?) -> Element? {
    kernel.call("klist_next") {
      kernel.locked(lock, kernel.build.behaviour.klistNext) {
        guard let current else { return elements.first }
        guard let index = elements.firstIndex(where: { $0 === current }) else { return nil }
        return index + 1 < elements.count ? elements[index + 1] : nil
      }
    }
  }
}
