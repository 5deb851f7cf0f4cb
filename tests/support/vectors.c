#include "support/vectors.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Reachable, so that leak checkers are content. */
static const json_t *roots[16];
static unsigned num_roots;

static bool is_directory(const char *path)
{
    struct stat info;

    return path != NULL && stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static void say_not_checked(const char *name, const char *directory)
{
    static const char line[] = "**********************************************";

    (void)fprintf(stderr,
                  "%s\n" VECTORS_NOT_CHECKED ": %s\n"
                  "COVEY_VECTORS_DIR is '%s', and there is nothing there.\n"
                  "scripts/get-vectors brings the official vectors.\n%s\n",
                  line, name, directory != NULL ? directory : "", line);
}

const json_t *vectors_open(const char *name)
{
    const char *directory = getenv("COVEY_VECTORS_DIR");
    char path[4096];
    json_error_t error;

    if (!is_directory(directory)) {
        say_not_checked(name, directory);
        cr_skip_test("no test vectors: %s", name);
    }

    int len = snprintf(path, sizeof path, "%s/%s", directory, name);

    cr_assert(len > 0 && (size_t)len < sizeof path, "too long: %s", directory);

    const json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

    cr_assert(root != NULL, "%s:%d: %s", path, error.line, error.text);
    cr_assert(num_roots < sizeof roots / sizeof roots[0], "too many files");
    roots[num_roots++] = root;
    return root;
}

const json_t *vector_get(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    cr_assert(value != NULL, "a vector has no '%s'", key);
    return value;
}

const json_t *vector_list(const json_t *object, const char *key)
{
    const json_t *value = vector_get(object, key);

    cr_assert(json_is_array(value), "'%s' is not an array", key);
    return value;
}

covey_bytes vector_bytes(const json_t *text)
{
    cr_assert(json_is_string(text), "a vector has something else for hex");
    return hex(json_string_value(text));
}

covey_bytes vector_hex(const json_t *object, const char *key)
{
    return vector_bytes(vector_get(object, key));
}

const char *vector_text(const json_t *object, const char *key)
{
    const json_t *value = vector_get(object, key);

    cr_assert(json_is_string(value), "'%s' is not a text", key);
    return json_string_value(value);
}

uint64_t vector_number(const json_t *object, const char *key)
{
    const json_t *value = vector_get(object, key);

    cr_assert(json_is_integer(value) && json_integer_value(value) >= 0,
              "'%s' is not a number", key);
    return (uint64_t)json_integer_value(value);
}

bool vector_is_true(const json_t *object, const char *key)
{
    const json_t *value = vector_get(object, key);

    cr_assert(json_is_boolean(value), "'%s' is not a boolean", key);
    return json_is_true(value);
}

bool vector_has(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return value != NULL && !json_is_null(value);
}
