#include "CBuildInformation.h"

#ifndef ALPHARL_COMMIT
#define ALPHARL_COMMIT ""
#endif

const char *alpharl_build_commit(void) { return ALPHARL_COMMIT; }
