// Preloaded into the program under test: the process is killed, as by kill -9, at the n-th call that changes what lies
// below a folder. Of the write at which it dies half is made. Built by KillAtEveryWriteTests.
//
//   KILL_BELOW=FOLDER   counts calls on files and names below it
//   KILL_AT=N           dies at the N-th, from 1; 0 or not set: never
//   KILL_COUNT=FILE     at the end of a process that was not killed: how many calls there were
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long made;

static int is_below(const char *path) {
    const char *folder = getenv("KILL_BELOW");
    return folder && path && strncmp(path, folder, strlen(folder)) == 0;
}

static int is_descriptor_below(int descriptor) {
    char name[64], path[4096];
    snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(name, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_below(path);
}

static int is_the_last(void) {
    const char *at = getenv("KILL_AT");
    long number = atomic_fetch_add(&made, 1) + 1;
    return at && number == atol(at);
}

static void die(void) { kill(getpid(), SIGKILL); for (;;) pause(); }

__attribute__((destructor)) static void tell(void) {
    const char *path = getenv("KILL_COUNT");
    FILE *file = path ? fopen(path, "w") : NULL;
    if (!file) return;
    fprintf(file, "%ld\n", atomic_load(&made));
    fclose(file);
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int descriptor, const void *bytes, size_t count) {
    if (is_descriptor_below(descriptor) && is_the_last()) { NEXT(write)(descriptor, bytes, count / 2); die(); }
    return NEXT(write)(descriptor, bytes, count);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
    if (is_descriptor_below(descriptor) && is_the_last()) { NEXT(pwrite64)(descriptor, bytes, count / 2, offset); die(); }
    return NEXT(pwrite64)(descriptor, bytes, count, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    return pwrite64(descriptor, bytes, count, offset);
}

#define ON_DESCRIPTOR(name)                                                            \
    int name(int descriptor) {                                                         \
        if (is_descriptor_below(descriptor) && is_the_last()) die();                    \
        return NEXT(name)(descriptor);                                                  \
    }
ON_DESCRIPTOR(fsync)
ON_DESCRIPTOR(fdatasync)

int ftruncate64(int descriptor, off64_t length) {
    if (is_descriptor_below(descriptor) && is_the_last()) die();
    return NEXT(ftruncate64)(descriptor, length);
}

int ftruncate(int descriptor, off_t length) { return ftruncate64(descriptor, length); }

#define ON_PATH(name)                                          \
    int name(const char *path) {                               \
        if (is_below(path) && is_the_last()) die();            \
        return NEXT(name)(path);                               \
    }
ON_PATH(unlink)
ON_PATH(rmdir)

int mkdir(const char *path, mode_t mode) {
    if (is_below(path) && is_the_last()) die();
    return NEXT(mkdir)(path, mode);
}

int symlink(const char *target, const char *path) {
    if (is_below(path) && is_the_last()) die();
    return NEXT(symlink)(target, path);
}

int rename(const char *from, const char *to) {
    if (is_below(to) && is_the_last()) die();
    return NEXT(rename)(from, to);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned int flags) {
    if (is_below(to) && is_the_last()) die();
    return NEXT(renameat2)(from_folder, from, to_folder, to, flags);
}
