// SQLite's own calls on files, of which one fails. Beside the real file system layer (sqlite.org/vfs.html), which it becomes
// the default of for the whole process; files that do not lie below the armed folder are never counted.
#ifndef ALPHARL_STORE_FAULTS_H
#define ALPHARL_STORE_FAULTS_H

/// What happens at the call that was chosen.
enum store_fault {
    /// An error of the disk: SQLITE_IOERR and its kinds.
    STORE_FAULT_IO = 1,
    /// No room: a write or a flush says SQLITE_FULL, half of the write is there; nothing happens at other calls.
    STORE_FAULT_FULL = 2,
    /// Somebody else has the lock: SQLITE_BUSY; nothing happens at other calls.
    STORE_FAULT_BUSY = 3,
    /// A read finds nothing and gives zeros; nothing happens at other calls.
    STORE_FAULT_NOTHING_READ = 4,
    /// The file cannot be opened: SQLITE_CANTOPEN; nothing happens at other calls.
    STORE_FAULT_OPEN = 5,
};

/// Makes the layer the default. Once for each process; later calls change nothing. 0 where SQLite took it.
int store_faults_install(void);

/// Counts the calls on files below `folder` from here on. The `failing`-th (from 1; 0: none) and the `length - 1` after it
/// meet `fault`. One folder at a time.
void store_faults_arm(const char *folder, long failing, long length, enum store_fault fault);

/// Counts no more.
void store_faults_disarm(void);

/// How many calls there were since the layer was armed.
long store_faults_count(void);

/// Which kind of call the `number`-th since the layer was armed was, from 1: `o`pen, `r`ead, `w`rite, `f`lush, `l`ock, or `x`,
/// another one.
char store_faults_kind(long number);

/// What the failing call was: `write store.sqlite-wal`. Empty where none failed. Valid until the next call of this function.
const char *store_faults_story(void);

#endif
