extension FunctionFamily {
  /// What everybody calls, and no report of a tracker is filed under: a title names the function that
  /// called it. Which functions trackers pass over is a convention of theirs (syzkaller's, whose
  /// titles are the ones that people search for), and differs from what a story leaves out.
  static let helperNames =
    helpersOfLocks + helpersOfReports + helpersOfMemory + helpersOfData + helpersOfWork
    + helpersOfDevices

  private static let helpersOfLocks = [
    "*lockdep*", "*lock_acquire*", "*lock_release*", "*lock_class*", "*mark_lock*",
    "*mark_held_locks*", "*reacquire_held_locks*", "*raw_spin_rq*", "*spin_lock*",
    "*spin_trylock*", "*spin_unlock*", "*read_lock*", "*read_trylock*", "*read_unlock*",
    "*write_lock*", "*write_trylock*", "*write_unlock*", "down", "*down_read*", "*down_write*",
    "*down_trylock*", "*up_read*", "*up_write*", "mutex_*", "__mutex_*", "rt_mutex_*",
    "*owner_on_cpu*", "*osq_lock*", "*osq_unlock*", "*bh_enable*", "*bh_disable*",
    "*trace_hardirq*",
    "*trace_softirq*", "*print_unlock*", "*imbalance_bug*", "*seqprop_assert*",
    "lock_page*", "unlock_page*",
  ]

  private static let helpersOfReports = [
    "*sanitizer*", "*__asan*", "*kasan*", "*hwasan*", "*__msan*", "*kmsan*",
    "*check_memory_region*",
    "*kcsan_setup_watchpoint*", "*check_heap_object*", "*check_object*", "*read_word_at_a_time*",
    "*print_address_description*", "*print_report*", "*print_usage_bug*", "*print_tainted*",
    "*panic*",
    "*invalid_op*", "*report_bug*", "*fixup_bug*", "*do_error*", "*_trap", "*do_trap*",
    "*show_stack*", "*dump_stack*", "*walk_stack*", "*dump_backtrace*", "*stack_trace_save*",
    "*stack_trace_consume_entry*", "*arch_stack_walk*", "*warn_slowpath*", "*warn_alloc*",
    "*warn_bogus*", "*__warn*", "*debug_object*", "*timer_is_static_object*",
    "*work_is_static_object*", "*might_fault*", "*might_sleep*", "*might_resched*", "*perf_trace*",
    "*printk*", "*va_format*", "*dev_info*", "*dev_notice*", "*dev_warn*", "*dev_err*",
    "*dev_alert*", "*dev_crit*", "*dev_emerg*", "*assertfail*", "*fortify_report*", "get_taint",
    "*program_check_exception*", "*program_check_common*", "*do_kernel_fault*",
    "*do_translation_fault*", "*do_mem_abort*", "*el1_abort*", "*el1h_64_sync*",
    "*hex_dump_to_buffer*", "*print_hex_dump*",
  ]

  private static let helpersOfMemory = [
    "*alloc_page*", "*malloc*", "*zalloc*", "*calloc*", "*krealloc*", "*kmem_cache*",
    "*allocate_slab*", "*slab_*", "*alloc_frozen_pages*", "*folio_alloc*", "*folio_unlock*",
    "*filemap_alloc_folio*", "*filemap_get_folio*", "*find_or_create_page*",
    "*do_read_cache_folio*",
    "*read_cache_page*", "*pagecache_get_page*", "*grab_cache_page_write_begin*",
    "*find_lock_entries*", "*truncate_inode_pages_range*", "*mark_buffer_dirty*", "*phys_addr*",
    "kfree", "kvfree", "*kfree_skb*", "*copy_to_user*", "*copy_from_user*", "*copy_to_iter*",
    "*copy_from_iter*", "*copy_page_to_iter*", "*copy_page_from_iter*", "*copy_folio_to_iter*",
    "copyin", "copyout", "*put_user*", "*get_user*", "*extract_user_to_sg*", "*extract_iter_to_sg*",
  ]

  private static let helpersOfData = [
    "*memcpy*", "*memcmp*", "*memset*", "*memchr*", "*memmove*", "*memdup*", "*strcmp*",
    "*strncmp*",
    "*strcpy*", "*strlcpy*", "*strncpy*", "*strscpy*", "*strlen*", "*strstr*", "*strnstr*",
    "*strnlen*", "*strchr*", "*strdup*", "*strndup*", "*string*", "*pointer*", "*snprintf*",
    "*scnprintf*", "*kasprintf*", "*kvasprintf*", "*atomic_dec*", "*atomic_inc*", "*atomic_read*",
    "*atomic_set*", "*atomic_or*", "*atomic_xor*", "*atomic_and*", "*atomic_add*", "*atomic_sub*",
    "*atomic_fetch*", "*atomic_xchg*", "*atomic_cmpxchg*", "*atomic_try*", "*atomic64_*",
    "*set_bit*",
    "*clear_bit*", "*change_bit*", "*test_bit*", "*list_add*", "*list_del*", "*list_replace*",
    "*list_move*", "*list_splice*", "rb_*", "__rb_*", "klist_*", "*xas_start*", "*xas_load*",
    "*xas_find*", "*rhashtable_lookup*", "*ida_free*", "refcount_*", "kref_*", "*ref_tracker*",
    "crc1*",
    "crc3*", "crc6*", "crc8*", "*crc_itu_t*", "*indirect_thunk_*", "iput", "iput_final", "ihold",
    "*dput*", "*drop_nlink*",
  ]

  private static let helpersOfWork = [
    "*__wake_up*", "complete", "*wait_for_completion*", "*finish_wait*", "*kthread_stop*",
    "*del_timer*", "*timer_delete_sync*", "*mod_timer*", "*lock_timer_base*",
    "*sk_stop_timer_sync*",
    "*flush_work*", "*cancel_work_timer*", "*cancel_work_sync*", "*try_to_grab_pending*",
    "*drain_workqueue*", "*destroy_workqueue*", "*queue_work*", "*insert_work*",
    "*queue_delayed_work*", "*cleanup_srcu_struct*",
  ]

  private static let helpersOfDevices = [
    "*kobject_*", "*add_uevent_var*", "*get_device_parent*", "*device_add*", "*device_del*",
    "*device_unregister*", "*device_destroy*", "*device_release*", "*devres_release_all*",
    "*hwrng_unregister*", "*i2c_del_adapter*", "*unregister_client*", "*device_for_each_child*",
    "*rollback_registered*", "*unregister_netdev*", "*sysfs_remove*", "*device_remove_file*",
    "*tty_unregister_device*", "*dummy_urb_enqueue*", "*usb_kill_urb*", "*usb_kill_anchored_urbs*",
    "*usb_control_msg*", "*usb_hcd_submit_urb*", "*usb_submit_urb*", "put_device", "*readb",
    "*readw", "*readl", "*readq", "*writeb", "*writew", "*writel", "*writeq", "*logic_in*",
    "*logic_out*",
  ]
}
