#ifndef ALPHARL_BUILD_INFORMATION_H
#define ALPHARL_BUILD_INFORMATION_H

/// The commit that the manifest saw when this was built; empty outside a git checkout. Static storage.
const char *alpharl_build_commit(void);

#endif
