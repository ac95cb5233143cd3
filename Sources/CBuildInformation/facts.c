#include "CBuildInformation.h"

const char *build_commit(void) { return LLS_COMMIT; }
const char *build_parts(void) { return LLS_BUILT_WITH; }
