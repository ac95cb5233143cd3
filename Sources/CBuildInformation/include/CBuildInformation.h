#pragma once

// The first digits of the commit that the program was built from, with "+changes" if the sources
// differed from it. No text if the Makefile did not build it, or if there was no git.
const char *build_commit(void);

// Names and versions of what is compiled into the program, with commas between them. No text if the
// Makefile did not build it.
const char *build_parts(void);
