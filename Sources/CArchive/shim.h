#pragma once
#include <archive.h>
#include <archive_entry.h>

// unistd.h shows it only under _GNU_SOURCE, which Swift does not define.
extern int syncfs(int descriptor);
