#include "scratch_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *scratch_dir_make(void)
{
    /* In memory where there is such a place: no test here needs a disk. */
    bool has_memory = access("/dev/shm", W_OK) == 0;
    char path[200];

    snprintf(path, sizeof path, "%s/covey-cli-XXXXXX",
             has_memory ? "/dev/shm" : "/tmp");
    char *copy = strdup(path);
    if (copy == NULL || mkdtemp(copy) == NULL) abort();
    return copy;
}

void scratch_dir_remove(const char *directory)
{
    DIR *dir = opendir(directory);
    char path[512];

    for (struct dirent *e = dir != NULL ? readdir(dir) : NULL; e != NULL;
         e = readdir(dir)) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", directory, e->d_name);
        (void)unlink(path);
    }
    if (dir != NULL) closedir(dir);
    (void)rmdir(directory);
    free((void *)(uintptr_t)directory);
}
