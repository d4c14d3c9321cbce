#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

// linux/ioprio.h is not installed everywhere; these values are kernel ABI.
#define ALPHARL_IOPRIO_WHO_PROCESS 1
#define ALPHARL_IOPRIO_IDLE (3 << 13)

static int result(long returned) { return returned < 0 ? errno : 0; }

int alpharl_rename_noreplace(const char *from, const char *to) {
    return result(renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE));
}

int alpharl_file_system_magic(const char *path, int64_t *magic) {
    struct statfs status;
    int failure = result(statfs(path, &status));
    if (failure == 0) *magic = (int64_t)status.f_type;
    return failure;
}

int alpharl_bypass_page_cache(int descriptor, bool is_wanted) {
    int flags = fcntl(descriptor, F_GETFL);
    if (flags < 0) return errno;
    return result(fcntl(descriptor, F_SETFL, is_wanted ? flags | O_DIRECT : flags & ~O_DIRECT));
}

int alpharl_set_idle_io_priority(void) {
    return result(syscall(SYS_ioprio_set, ALPHARL_IOPRIO_WHO_PROCESS, 0, ALPHARL_IOPRIO_IDLE));
}

int alpharl_set_idle_cpu_priority(void) {
    struct sched_param none = {.sched_priority = 0};
    return result(sched_setscheduler(0, SCHED_IDLE, &none));
}
