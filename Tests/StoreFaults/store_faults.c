#include "StoreFaults.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/// Ours, with the real one behind it.
typedef struct {
    sqlite3_file base;
    char path[512];
} faulty_file;

static sqlite3_vfs *real_layer;
static sqlite3_vfs layer;
static sqlite3_io_methods methods;

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static struct {
    char folder[512];
    int is_armed;
    long count, failing, length;
    enum store_fault fault;
    char story[640];
    char kinds[1 << 16];
} state;

static sqlite3_file *real_file(sqlite3_file *file) { return (sqlite3_file *)((faulty_file *)file + 1); }

/// Whether something happens at this call.
static int is_hit(const char *path, const char *what, int takes[], int takers) {
    pthread_mutex_lock(&guard);
    int hit = 0;
    if (state.is_armed && path && strncmp(path, state.folder, strlen(state.folder)) == 0) {
        if (state.count < (long)sizeof state.kinds) state.kinds[state.count] = strchr("orwfl", *what) ? *what : 'x';
        state.count += 1;
        if (state.failing && state.count >= state.failing && state.count < state.failing + state.length) {
            for (int i = 0; i < takers; i++) hit |= takes[i] == (int)state.fault;
            const char *name = strrchr(path, '/');
            if (hit) snprintf(state.story, sizeof state.story, "%s %s", what, name ? name + 1 : path);
        }
    }
    pthread_mutex_unlock(&guard);
    return hit ? (int)state.fault : 0;
}

#define HIT(path, what, ...) is_hit(path, what, (int[]){__VA_ARGS__}, sizeof((int[]){__VA_ARGS__}) / sizeof(int))
#define PATH(file) (((faulty_file *)(file))->path)
#define REAL(file, method, ...) real_file(file)->pMethods->method(real_file(file), ##__VA_ARGS__)

static int on_close(sqlite3_file *file) { return REAL(file, xClose); }

static int on_read(sqlite3_file *file, void *room, int count, sqlite3_int64 offset) {
    switch (HIT(PATH(file), "read", STORE_FAULT_IO, STORE_FAULT_NOTHING_READ)) {
        case STORE_FAULT_IO: return SQLITE_IOERR_READ;
        case STORE_FAULT_NOTHING_READ: memset(room, 0, (size_t)count); return SQLITE_IOERR_SHORT_READ;
        default: return REAL(file, xRead, room, count, offset);
    }
}

static int on_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset) {
    switch (HIT(PATH(file), "write", STORE_FAULT_IO, STORE_FAULT_FULL)) {
        case STORE_FAULT_IO: return SQLITE_IOERR_WRITE;
        case STORE_FAULT_FULL: REAL(file, xWrite, bytes, count / 2, offset); return SQLITE_FULL;
        default: return REAL(file, xWrite, bytes, count, offset);
    }
}

static int on_truncate(sqlite3_file *file, sqlite3_int64 size) {
    if (HIT(PATH(file), "truncate", STORE_FAULT_IO)) return SQLITE_IOERR_TRUNCATE;
    return REAL(file, xTruncate, size);
}

static int on_sync(sqlite3_file *file, int flags) {
    switch (HIT(PATH(file), "flush", STORE_FAULT_IO, STORE_FAULT_FULL)) {
        case STORE_FAULT_IO: return SQLITE_IOERR_FSYNC;
        case STORE_FAULT_FULL: return SQLITE_FULL;
        default: return REAL(file, xSync, flags);
    }
}

static int on_size(sqlite3_file *file, sqlite3_int64 *size) {
    if (HIT(PATH(file), "size", STORE_FAULT_IO)) return SQLITE_IOERR_FSTAT;
    return REAL(file, xFileSize, size);
}

static int on_lock(sqlite3_file *file, int level) {
    switch (HIT(PATH(file), "lock", STORE_FAULT_IO, STORE_FAULT_BUSY)) {
        case STORE_FAULT_IO: return SQLITE_IOERR_LOCK;
        case STORE_FAULT_BUSY: return SQLITE_BUSY;
        default: return REAL(file, xLock, level);
    }
}

static int on_unlock(sqlite3_file *file, int level) { return REAL(file, xUnlock, level); }
static int on_check(sqlite3_file *file, int *out) { return REAL(file, xCheckReservedLock, out); }
static int on_control(sqlite3_file *file, int operation, void *argument) {
    return REAL(file, xFileControl, operation, argument);
}
static int on_sector(sqlite3_file *file) { return REAL(file, xSectorSize); }
static int on_characteristics(sqlite3_file *file) { return REAL(file, xDeviceCharacteristics); }

static int on_map(sqlite3_file *file, int page, int size, int extend, void volatile **memory) {
    if (HIT(PATH(file), "map", STORE_FAULT_IO)) return SQLITE_IOERR_SHMMAP;
    return REAL(file, xShmMap, page, size, extend, memory);
}

static int on_shared_lock(sqlite3_file *file, int offset, int count, int flags) {
    // To give a lock back does not fail.
    if (!(flags & SQLITE_SHM_UNLOCK)) {
        switch (HIT(PATH(file), "lock of shared memory", STORE_FAULT_IO, STORE_FAULT_BUSY)) {
            case STORE_FAULT_IO: return SQLITE_IOERR_SHMLOCK;
            case STORE_FAULT_BUSY: return SQLITE_BUSY;
        }
    }
    return REAL(file, xShmLock, offset, count, flags);
}

static void on_barrier(sqlite3_file *file) { REAL(file, xShmBarrier); }
static int on_unmap(sqlite3_file *file, int is_last) { return REAL(file, xShmUnmap, is_last); }

static int on_open(sqlite3_vfs *self, const char *path, sqlite3_file *file, int flags, int *given) {
    (void)self;
    file->pMethods = NULL;
    if (HIT(path, "open", STORE_FAULT_OPEN, STORE_FAULT_IO)) return SQLITE_CANTOPEN;
    snprintf(PATH(file), sizeof PATH(file), "%s", path ? path : "");
    int outcome = real_layer->xOpen(real_layer, path, real_file(file), flags, given);
    if (outcome == SQLITE_OK) file->pMethods = &methods;
    return outcome;
}

static int on_delete(sqlite3_vfs *self, const char *path, int is_flushed) {
    (void)self;
    if (HIT(path, "delete", STORE_FAULT_IO)) return SQLITE_IOERR_DELETE;
    return real_layer->xDelete(real_layer, path, is_flushed);
}

static int on_access(sqlite3_vfs *self, const char *path, int flags, int *found) {
    (void)self;
    if (HIT(path, "access", STORE_FAULT_IO)) return SQLITE_IOERR_ACCESS;
    return real_layer->xAccess(real_layer, path, flags, found);
}

int store_faults_install(void) {
    pthread_mutex_lock(&guard);
    int outcome = SQLITE_OK;
    if (!real_layer) {
        sqlite3_initialize();
        real_layer = sqlite3_vfs_find(NULL);
        layer = *real_layer;
        layer.zName = "store-faults";
        layer.pNext = NULL;
        layer.szOsFile = (int)sizeof(faulty_file) + real_layer->szOsFile;
        layer.xOpen = on_open;
        layer.xDelete = on_delete;
        layer.xAccess = on_access;
        // Version 2: without xFetch SQLite maps nothing, which it does not here anyway.
        methods = (sqlite3_io_methods){
            2, on_close, on_read, on_write, on_truncate, on_sync, on_size, on_lock, on_unlock, on_check, on_control,
            on_sector, on_characteristics, on_map, on_shared_lock, on_barrier, on_unmap, NULL, NULL};
        outcome = sqlite3_vfs_register(&layer, 1);
    }
    pthread_mutex_unlock(&guard);
    return outcome;
}

void store_faults_arm(const char *folder, long failing, long length, enum store_fault fault) {
    pthread_mutex_lock(&guard);
    snprintf(state.folder, sizeof state.folder, "%s", folder);
    state.is_armed = 1;
    state.count = 0;
    state.failing = failing;
    state.length = length;
    state.fault = fault;
    state.story[0] = 0;
    pthread_mutex_unlock(&guard);
}

void store_faults_disarm(void) {
    pthread_mutex_lock(&guard);
    state.is_armed = 0;
    pthread_mutex_unlock(&guard);
}

long store_faults_count(void) {
    pthread_mutex_lock(&guard);
    long count = state.count;
    pthread_mutex_unlock(&guard);
    return count;
}

char store_faults_kind(long number) {
    pthread_mutex_lock(&guard);
    char kind = number >= 1 && number <= (long)sizeof state.kinds ? state.kinds[number - 1] : 'x';
    pthread_mutex_unlock(&guard);
    return kind;
}

const char *store_faults_story(void) {
    static _Thread_local char copy[sizeof state.story];
    pthread_mutex_lock(&guard);
    memcpy(copy, state.story, sizeof copy);
    pthread_mutex_unlock(&guard);
    return copy;
}
