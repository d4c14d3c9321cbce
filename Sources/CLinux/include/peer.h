// Who is at the other end of a connected Unix socket (unix(7): SO_PEERCRED, SO_PEERGROUPS). Glibc's module shows
// Swift neither `struct ucred` nor SO_PEERGROUPS.
#ifndef ALPHARL_PEER_H
#define ALPHARL_PEER_H

#include <stddef.h>
#include <stdint.h>

struct alpharl_peer {
    int32_t process;
    uint32_t user;
    uint32_t group;
};

// 0, or the errno of the failed call.
int alpharl_peer_credentials(int descriptor, struct alpharl_peer *peer);

// Writes at most `capacity` supplementary groups and their real number to `count`; 0, ERANGE when there are more
// than `capacity`, or the errno of the failed call.
int alpharl_peer_groups(int descriptor, uint32_t *groups, size_t capacity, size_t *count);

#endif
