// The few Linux calls that Swift's Glibc module does not show. Every function returns 0 or a positive errno
// value, never -1, so that callers need not read errno between two Swift calls.
#ifndef ALPHARL_LINUX_H
#define ALPHARL_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// rename(2) that fails with EEXIST where `to` is there already (renameat2 with RENAME_NOREPLACE).
// EINVAL or ENOSYS: this file system or kernel cannot.
int alpharl_rename_noreplace(const char *from, const char *to);

// f_type of statfs(2): which kind of file system `path` lies on.
int alpharl_file_system_magic(const char *path, int64_t *magic);

// Whether writes to a descriptor go past the page cache (O_DIRECT) from now on. EINVAL: this file system cannot.
int alpharl_bypass_page_cache(int descriptor, bool is_wanted);

// Disk reads and writes of the calling thread, and of those it starts later, only when nobody else wants the disk.
int alpharl_set_idle_io_priority(void);

// The calling thread, and those it starts later, run only on processors that would be idle (SCHED_IDLE).
int alpharl_set_idle_cpu_priority(void);

#endif
#include "peer.h"
#include "terminal.h"
