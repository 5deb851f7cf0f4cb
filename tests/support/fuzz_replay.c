/*
 * Gives every file named on the command line, and every file in a directory
 * named there, to a fuzz target once: the fuzz tests of builds without
 * libFuzzer. The empty input always comes first.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));

static unsigned long replayed;

static void replay_file(const char *path, size_t size)
{
    FILE *file = fopen(path, "rb");
    /* Exactly as long as the input, so that sanitizers see the end of it. */
    uint8_t *data = malloc(size ? size : 1);

    if (!file || !data || fread(data, 1, size, file) != size) {
        fprintf(stderr, "%s: cannot read\n", path);
        exit(1);
    }
    fclose(file);
    if (LLVMFuzzerTestOneInput(data, size) != 0) {
        fprintf(stderr, "%s: refused\n", path);
    }
    free(data);
    replayed++;
}

static void replay(const char *path)
{
    struct stat info;

    if (stat(path, &info) != 0) {
        fprintf(stderr, "%s: not there\n", path);
        exit(1);
    }
    if (!S_ISDIR(info.st_mode)) {
        replay_file(path, (size_t)info.st_size);
        return;
    }

    struct dirent **entries;
    int num_entries = scandir(path, &entries, NULL, alphasort);

    for (int i = 0; i < num_entries; i++) {
        if (entries[i]->d_name[0] != '.') {
            char below[4096];
            int len = snprintf(below, sizeof below, "%s/%s", path,
                               entries[i]->d_name);
            if (len < 0 || (size_t)len >= sizeof below) {
                fprintf(stderr, "%s: name too long\n", path);
                exit(1);
            }
            replay(below);
        }
        free(entries[i]);
    }
    if (num_entries >= 0) {
        free(entries);
    }
}

int main(int argc, char **argv)
{
    static const uint8_t nothing[1];

    if (LLVMFuzzerInitialize) {
        LLVMFuzzerInitialize(&argc, &argv);
    }
    LLVMFuzzerTestOneInput(nothing, 0);
    for (int i = 1; i < argc; i++) {
        replay(argv[i]);
    }
    printf("%lu inputs replayed\n", replayed);
    return 0;
}
