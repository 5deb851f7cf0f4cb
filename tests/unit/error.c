/*
 * The enum of error.h is read from the header itself, so that an error which
 * is added there and nowhere else is found here.
 */
#include <covey/error.h>
#include <covey/version.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"

#define UNKNOWN "COVEY_ERR_UNKNOWN"
#define MAX 64

typedef struct {
    char name[64];
    int value;
} listed;

static listed errors[MAX];
static unsigned num_errors;

static void read_header(void)
{
    FILE *file = fopen(ERROR_HEADER_PATH, "r");
    char line[256];

    cr_assert_not_null(file, "%s", ERROR_HEADER_PATH);
    while (fgets(line, sizeof line, file) != NULL) {
        listed found;

        if (sscanf(line, " COVEY_%63[A-Z0-9_] = %d", found.name,
                   &found.value) == 2) {
            cr_assert_lt(num_errors, MAX);
            errors[num_errors++] = found;
        }
    }
    (void)fclose(file);
    cr_assert_gt(num_errors, 20, "the enum is written otherwise now");
}

static bool is_listed(int err)
{
    for (unsigned i = 0; i < num_errors; i++) {
        if (errors[i].value == err) return true;
    }
    return false;
}

TestSuite(error, .init = read_header);

Test(error, success_is_zero)
{
    cr_assert_eq(COVEY_OK, 0);
    cr_assert_str_eq(covey_error_text(COVEY_OK), "done");
}

Test(error, the_name_is_that_of_the_constant)
{
    for (unsigned i = 0; i < num_errors; i++) {
        const char *name = covey_error_name(errors[i].value);

        cr_assert_eq(strncmp(name, "COVEY_", 6), 0);
        cr_assert_str_eq(name + 6, errors[i].name);
        cr_assert(errors[i].value == COVEY_OK ||
                      strncmp(name, "COVEY_ERR_", 10) == 0,
                  "%s", name);
    }
}

Test(error, every_error_has_a_value_and_a_text_of_its_own)
{
    for (unsigned a = 0; a < num_errors; a++) {
        const char *text = covey_error_text(errors[a].value);

        cr_assert_gt(strlen(text), 0);
        cr_assert_neq(text[strlen(text) - 1], '.');
        for (unsigned b = 0; b < a; b++) {
            cr_assert_neq(errors[a].value, errors[b].value, "%s, %s",
                          errors[a].name, errors[b].name);
            cr_assert_str_neq(text, covey_error_text(errors[b].value));
        }
    }
}

Test(error, what_is_no_error_of_ours_is_said_to_be_unknown)
{
    for (int err = -300; err <= 300; err++) {
        if (is_listed(err)) continue;
        cr_assert_str_eq(covey_error_name(err), UNKNOWN, "%d", err);
        cr_assert_str_eq(covey_error_text(err), "not an error of this library");
    }
    cr_assert_str_eq(covey_error_name(INT32_MIN), UNKNOWN);
    cr_assert_str_eq(covey_error_name(INT32_MAX), UNKNOWN);
}

/* The groups as the header's first comment gives them. */
static const struct {
    const char *name;
    int highest;
    int lowest;
    bool is_public;
} groups[] = {
    {"usage", -1, -15, false}, {"room", -16, -31, false},
    {"peer", -32, -63, true},  {"state", -64, -79, false},
    {"port", -80, -95, false},
};

#define NUM_GROUPS (sizeof groups / sizeof groups[0])

Test(error, every_error_is_in_a_group)
{
    for (unsigned i = 0; i < num_errors; i++) {
        unsigned num_in = errors[i].value == COVEY_OK;

        for (size_t g = 0; g < NUM_GROUPS; g++) {
            num_in += errors[i].value <= groups[g].highest &&
                      errors[i].value >= groups[g].lowest;
        }
        cr_assert_eq(num_in, 1, "%s", errors[i].name);
    }
}

/* One error of each group, whose place a host may have built on. */
Test(error, an_error_stays_in_its_group)
{
    cr_assert_eq(COVEY_ERR_ARGUMENT, -1);
    cr_assert_eq(COVEY_ERR_BUFFER, -16);
    cr_assert_eq(COVEY_ERR_MALFORMED, -32);
    cr_assert_eq(COVEY_ERR_AUTH, -34);
    cr_assert_eq(COVEY_ERR_PATH_SECRET, -64);
    cr_assert_eq(COVEY_ERR_CONFIRMATION, -66);
    cr_assert_eq(COVEY_ERR_RANDOM, -80);
}

Test(error, only_the_peer_group_is_public)
{
    cr_assert_not(covey_error_is_public(COVEY_OK));
    cr_assert_not(covey_error_is_public(1));
    cr_assert_not(covey_error_is_public(INT32_MAX));
    cr_assert_not(covey_error_is_public(-96));
    cr_assert_not(covey_error_is_public(INT32_MIN));
    for (size_t g = 0; g < NUM_GROUPS; g++) {
        for (int err = groups[g].highest; err >= groups[g].lowest; err--) {
            cr_assert_eq(covey_error_is_public(err), groups[g].is_public,
                         "%s: %d", groups[g].name, err);
        }
    }
}

Test(version, headers_and_library_agree)
{
    cr_assert_str_eq(covey_version(), COVEY_VERSION);
}
