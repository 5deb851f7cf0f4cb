/*
 * Directories for tests that go away again.
 */
#ifndef TEST_CLI_SCRATCH_DIR_H
#define TEST_CLI_SCRATCH_DIR_H

/* A new one. */
const char *scratch_dir_make(void);

/* With the files in it. */
void scratch_dir_remove(const char *directory);

#endif
