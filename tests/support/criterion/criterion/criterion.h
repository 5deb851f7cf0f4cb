/*
 * A small stand-in for Criterion, for machines that have none.
 *
 * The real one cannot run under an emulator of user programs: it starts each
 * test by executing itself again. With this header in its place the same test
 * sources become plain programs that fork for each test. Only scripts/cross-test
 * uses it; a macro that is missing here fails to compile there.
 */
#ifndef COVEY_TESTS_CRITERION_H
#define COVEY_TESTS_CRITERION_H

#pragma GCC system_header

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct standin_options {
    void (*init)(void);
    void (*fini)(void);
    int signal;    /* the test passes when this signal ends it */
    int exit_code; /* ... or this status */
    bool disabled;
    double timeout; /* seconds; 0: none */
    const char *description;
} standin_options;

typedef struct standin_test {
    const char *suite;
    const char *name; /* NULL: options of the whole suite */
    void (*run)(void);
    standin_options options;
    struct standin_test *next;
} standin_test;

void standin_register(standin_test *test);

__attribute__((format(printf, 4, 5))) void
standin_failed(bool fatal, const char *where, const char *what,
               const char *format, ...);
__attribute__((noreturn, format(printf, 1, 2))) void
standin_skip(const char *format, ...);
__attribute__((format(printf, 2, 3))) void standin_log(const char *kind,
                                                       const char *format, ...);

#define STANDIN_ENTER(Id, Suite, Name, Run, ...)                               \
    static standin_test standin_test_##Id = {.suite = Suite,                   \
                                             .name = Name,                     \
                                             .run = Run,                       \
                                             .options = {__VA_ARGS__}};        \
    __attribute__((constructor)) static void standin_enter_##Id(void)          \
    {                                                                          \
        standin_register(&standin_test_##Id);                                  \
    }

#define Test(Suite, Name, ...)                                                 \
    static void standin_run_##Suite##_##Name(void);                            \
    STANDIN_ENTER(Suite##_##Name, #Suite, #Name, standin_run_##Suite##_##Name, \
                  __VA_ARGS__)                                                 \
    static void standin_run_##Suite##_##Name(void)

#define TestSuite(Suite, ...)                                                  \
    STANDIN_ENTER(suite_##Suite, #Suite, NULL, NULL, __VA_ARGS__)              \
    struct standin_test

#define STANDIN_TEXT(Value) #Value
#define STANDIN_LINE(Value) STANDIN_TEXT(Value)
#define STANDIN_WHERE __FILE__ ":" STANDIN_LINE(__LINE__)

#define STANDIN_CHECK(Fatal, Condition, What, ...)                             \
    do {                                                                       \
        if (!(Condition)) {                                                    \
            standin_failed(Fatal, STANDIN_WHERE, What, "" __VA_ARGS__);        \
        }                                                                      \
    } while (0)

/* One operator, with the text of both sides. */
#define STANDIN_OP(Fatal, A, Op, B, ...)                                       \
    STANDIN_CHECK(Fatal, (A)Op(B), #A " " #Op " " #B, __VA_ARGS__)
#define STANDIN_STR(Fatal, A, Op, B, ...)                                      \
    STANDIN_CHECK(Fatal, strcmp((A), (B)) Op 0, #A " " #Op " " #B, __VA_ARGS__)
#define STANDIN_ARR(Fatal, A, Op, B, Size, ...)                                \
    STANDIN_CHECK(Fatal, memcmp((A), (B), (Size)) Op 0,                        \
                  "contents " #A " " #Op " " #B, __VA_ARGS__)

#define cr_assert(C, ...) STANDIN_CHECK(true, C, #C, __VA_ARGS__)
#define cr_assert_not(C, ...) STANDIN_CHECK(true, !(C), "not " #C, __VA_ARGS__)
#define cr_assert_eq(A, B, ...) STANDIN_OP(true, A, ==, B, __VA_ARGS__)
#define cr_assert_neq(A, B, ...) STANDIN_OP(true, A, !=, B, __VA_ARGS__)
#define cr_assert_lt(A, B, ...) STANDIN_OP(true, A, <, B, __VA_ARGS__)
#define cr_assert_leq(A, B, ...) STANDIN_OP(true, A, <=, B, __VA_ARGS__)
#define cr_assert_gt(A, B, ...) STANDIN_OP(true, A, >, B, __VA_ARGS__)
#define cr_assert_geq(A, B, ...) STANDIN_OP(true, A, >=, B, __VA_ARGS__)
#define cr_assert_null(A, ...) STANDIN_OP(true, A, ==, NULL, __VA_ARGS__)
#define cr_assert_not_null(A, ...) STANDIN_OP(true, A, !=, NULL, __VA_ARGS__)
#define cr_assert_str_eq(A, B, ...) STANDIN_STR(true, A, ==, B, __VA_ARGS__)
#define cr_assert_str_neq(A, B, ...) STANDIN_STR(true, A, !=, B, __VA_ARGS__)
#define cr_assert_str_empty(A, ...) STANDIN_STR(true, A, ==, "", __VA_ARGS__)
#define cr_assert_str_not_empty(A, ...)                                        \
    STANDIN_STR(true, A, !=, "", __VA_ARGS__)
#define cr_assert_arr_eq(A, B, Size, ...)                                      \
    STANDIN_ARR(true, A, ==, B, Size, __VA_ARGS__)
#define cr_assert_arr_neq(A, B, Size, ...)                                     \
    STANDIN_ARR(true, A, !=, B, Size, __VA_ARGS__)
#define cr_assert_fail(...) STANDIN_CHECK(true, false, "reached", __VA_ARGS__)

#define cr_expect(C, ...) STANDIN_CHECK(false, C, #C, __VA_ARGS__)
#define cr_expect_not(C, ...) STANDIN_CHECK(false, !(C), "not " #C, __VA_ARGS__)
#define cr_expect_eq(A, B, ...) STANDIN_OP(false, A, ==, B, __VA_ARGS__)
#define cr_expect_neq(A, B, ...) STANDIN_OP(false, A, !=, B, __VA_ARGS__)
#define cr_expect_lt(A, B, ...) STANDIN_OP(false, A, <, B, __VA_ARGS__)
#define cr_expect_leq(A, B, ...) STANDIN_OP(false, A, <=, B, __VA_ARGS__)
#define cr_expect_gt(A, B, ...) STANDIN_OP(false, A, >, B, __VA_ARGS__)
#define cr_expect_geq(A, B, ...) STANDIN_OP(false, A, >=, B, __VA_ARGS__)
#define cr_expect_null(A, ...) STANDIN_OP(false, A, ==, NULL, __VA_ARGS__)
#define cr_expect_not_null(A, ...) STANDIN_OP(false, A, !=, NULL, __VA_ARGS__)
#define cr_expect_str_eq(A, B, ...) STANDIN_STR(false, A, ==, B, __VA_ARGS__)
#define cr_expect_str_neq(A, B, ...) STANDIN_STR(false, A, !=, B, __VA_ARGS__)
#define cr_expect_arr_eq(A, B, Size, ...)                                      \
    STANDIN_ARR(false, A, ==, B, Size, __VA_ARGS__)
#define cr_expect_arr_neq(A, B, Size, ...)                                     \
    STANDIN_ARR(false, A, !=, B, Size, __VA_ARGS__)
#define cr_expect_fail(...) STANDIN_CHECK(false, false, "reached", __VA_ARGS__)

#define cr_fail(...) cr_assert_fail(__VA_ARGS__)
#define cr_fatal(...) cr_assert_fail(__VA_ARGS__)
#define cr_skip(...) standin_skip("" __VA_ARGS__)
#define cr_skip_test(...) standin_skip("" __VA_ARGS__)
#define cr_log_info(...) standin_log("INFO", "" __VA_ARGS__)
#define cr_log_warn(...) standin_log("WARN", "" __VA_ARGS__)
#define cr_log_error(...) standin_log("ERR", "" __VA_ARGS__)

#endif
