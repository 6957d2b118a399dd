extension CallSites {
  /// What builds of x86-64 by gcc have in common: functions that the compiler inlines into their caller
  /// or leaves by a jump, so that no stack trace shows them. `dump_stack`, for example, ends in a jump
  /// to `dump_stack_lvl`, and `klist_del` is one to `klist_put`.
  public static let framelessOfGCC: Set<String> = [
    "do_basic_setup", "do_initcalls", "do_initcall_level", "device_register",
    "acpi_scan_attach_handler", "pci_scan_child_bus", "klist_del", "klist_iter_exit",
    "pci_destroy_dev", "pci_stop_and_remove_bus_device", "device_release_driver",
    "__device_release_driver", "__x64_sys_write", "new_sync_write", "sysfs_kf_write",
    "dev_attr_store", "dump_stack", "print_usage_bug", "valid_state", "mark_lock_irq", "mark_usage",
    "print_lock_invalid_wait_context", "check_wait_context", "print_lock_nested_lock_not_held",
    "validate_chain", "lookup_chain_cache_add", "add_chain_cache", "check_deadlock",
    "print_deadlock_bug", "check_prevs_add", "check_prev_add", "print_bad_irq_dependency",
    "add_lock_to_list", "alloc_list_entry", "print_bfs_bug", "print_circular_bug",
    "print_irq_inversion_bug", "check_usage_forwards", "check_usage_backwards", "__lock_release",
    "__lock_downgrade", "__lock_set_class", "__trace_hardirqs_on_caller",
    "print_unlock_imbalance_bug", "print_freed_lock_bug", "print_held_locks_bug", "handle_irq",
    "generic_handle_irq_desc", "handle_irq_event_percpu", "dmar_fault_do_one", "pgtable_walk",
    "pci_get_device", "pci_get_subsys", "pci_get_dev_by_id", "next_device",
  ]
}
