/*
 * Runs the tests of one program, each in a process of its own.
 */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATUS_FAILED = 1, STATUS_SKIPPED = 77 };

static standin_test *first;
static standin_test **end = &first;
static bool failed; /* in a test's own process */

void standin_register(standin_test *test)
{
    *end = test;
    end = &test->next;
}

static void print(const char *kind, const char *where, const char *format,
                  va_list arguments)
{
    fprintf(stderr, "[%s] %s: ", kind, where);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

void standin_failed(bool fatal, const char *where, const char *what,
                    const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fprintf(stderr, "[----] %s: not so: %s\n", where, what);
    if (*format) print("----", where, format, arguments);
    va_end(arguments);
    failed = true;
    if (fatal) exit(STATUS_FAILED);
}

void standin_skip(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print("SKIP", "test", format, arguments);
    va_end(arguments);
    exit(failed ? STATUS_FAILED : STATUS_SKIPPED);
}

void standin_log(const char *kind, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print(kind, "test", format, arguments);
    va_end(arguments);
}

static const standin_options *suite_options(const char *suite)
{
    static const standin_options none;

    for (const standin_test *at = first; at; at = at->next) {
        if (!at->name && strcmp(at->suite, suite) == 0) return &at->options;
    }
    return &none;
}

_Noreturn static void run_here(const standin_test *test)
{
    const standin_options *suite = suite_options(test->suite);
    double timeout =
        test->options.timeout > 0 ? test->options.timeout : suite->timeout;

    /* Emulated processors are some thirty times slower. */
    if (timeout > 0) alarm(1 + (unsigned)(timeout * 30));
    if (suite->init) suite->init();
    if (test->options.init) test->options.init();
    test->run();
    if (test->options.fini) test->options.fini();
    if (suite->fini) suite->fini();
    exit(failed ? STATUS_FAILED : 0);
}

static bool ended_as_wanted(int status, const standin_options *options)
{
    if (options->signal) {
        return WIFSIGNALED(status) && WTERMSIG(status) == options->signal;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == options->exit_code;
}

int main(void)
{
    unsigned num_tests = 0, num_failed = 0, num_skipped = 0;

    for (const standin_test *test = first; test; test = test->next) {
        if (!test->name) continue;
        num_tests++;
        if (test->options.disabled) {
            num_skipped++;
            fprintf(stderr, "[SKIP] %s::%s: disabled\n", test->suite,
                    test->name);
            continue;
        }
        fflush(NULL);

        pid_t child = fork();
        int status = 0;

        if (child == 0) run_here(test);
        if (child < 0 || waitpid(child, &status, 0) != child) {
            perror("standin");
            return 1;
        }
        if (ended_as_wanted(status, &test->options)) continue;
        if (WIFEXITED(status) && WEXITSTATUS(status) == STATUS_SKIPPED) {
            num_skipped++;
            fprintf(stderr, "[SKIP] %s::%s\n", test->suite, test->name);
            continue;
        }
        num_failed++;
        fprintf(stderr, "[FAIL] %s::%s", test->suite, test->name);
        if (WIFSIGNALED(status)) {
            fprintf(stderr, ": ended by signal %d (%s)", WTERMSIG(status),
                    strsignal(WTERMSIG(status)));
        }
        fputc('\n', stderr);
    }
    fprintf(stderr, "[====] Tested: %u | Failed: %u | Skipped: %u\n", num_tests,
            num_failed, num_skipped);
    return num_failed || num_tests == 0;
}
