/* Every buffer, of every size that is too small, with a page behind it that
 * nobody may touch. */
#include "acts.h"
#include "support/guard.h"

#define FILL 0xa5

/* A buffer whose end is the end of what may be touched. */
static covey_buffer ending(uint8_t *area, size_t area_len, size_t cap)
{
    return (covey_buffer){area + area_len - cap, cap, 99};
}

typedef enum { SCRATCH, OUT, WELCOME, NUM_KINDS } kind;

static const char *const kind_names[] = {"scratch", "output", "Welcome"};

typedef struct {
    const act *a;
    family *f;
    act_image image;
    uint8_t *areas[NUM_KINDS];
    size_t sizes[NUM_KINDS]; /* of the areas */
    size_t needs[NUM_KINDS]; /* what a call that succeeds was given */
} bench;

static int run(bench *b, const size_t caps[NUM_KINDS], covey_buffer *out)
{
    covey_buffer scratch =
        ending(b->areas[SCRATCH], b->sizes[SCRATCH], caps[SCRATCH]);
    test_random random = test_random_of(5);
    const covey_random hook = test_random_hook(&random);
    act_call call = {&hook, &scratch, &out[OUT], &out[WELCOME]};

    out[OUT] = ending(b->areas[OUT], b->sizes[OUT], caps[OUT]);
    out[WELCOME] = ending(b->areas[WELCOME], b->sizes[WELCOME], caps[WELCOME]);
    return b->a->run(b->f, &call);
}

/* One buffer with cap bytes, the others with enough. */
static int try(bench *b, kind which, size_t cap)
{
    size_t caps[NUM_KINDS];
    covey_buffer out[NUM_KINDS];
    size_t before = b->sizes[which] - cap;
    int err;

    memcpy(caps, b->needs, sizeof caps);
    caps[which] = cap;
    memset(b->areas[which], FILL, before);
    err = run(b, caps, out);
    for (size_t i = 0; i < before; i++) {
        cr_assert(b->areas[which][i] == FILL, "%s: wrote before its %s",
                  b->a->name, kind_names[which]);
    }
    if (err) {
        cr_assert(err == COVEY_ERR_BUFFER, "%s, %s of %zu bytes: %s",
                  b->a->name, kind_names[which], cap, covey_error_name(err));
        cr_assert(act_image_same(&b->image, &b->f->devices[b->a->who]),
                  "%s, %s of %zu bytes: it changed something", b->a->name,
                  kind_names[which], cap);
        cr_assert(!b->a->gives_out || out[OUT].len == 0);
        cr_assert(!b->a->gives_welcome || out[WELCOME].len == 0);
    } else {
        act_image_restore(&b->image, &b->f->devices[b->a->who]);
    }
    return err;
}

/* An output is large enough exactly when it has the bytes that come out. */
static void check_output(bench *b, kind which)
{
    size_t need = b->needs[which];
    /* Commits take a millisecond each. */
    size_t stride = need > 600 ? 7 : 1;

    for (size_t cap = 0; cap < need; cap += stride) {
        cr_assert(try(b, which, cap) != COVEY_OK,
                  "%s: %zu bytes are too few for its %s", b->a->name, cap,
                  kind_names[which]);
    }
    check_err(try(b, which, need - 1), COVEY_ERR_BUFFER);
    check_ok(try(b, which, need));
}

/* Nobody says how much scratch a call needs, but there is one size below
 * which it fails and from which on it does not. */
static void check_scratch(bench *b)
{
    size_t low = 0; /* fails */
    size_t high = b->needs[SCRATCH];

    check_err(try(b, SCRATCH, 0), COVEY_ERR_BUFFER);
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (try(b, SCRATCH, middle) == COVEY_OK) {
            high = middle;
        } else {
            low = middle;
        }
    }
    for (size_t cap = 0; cap < high; cap += cap + 100 < high ? 61 : 1) {
        cr_assert(try(b, SCRATCH, cap) != COVEY_OK, "%s: %zu bytes", b->a->name,
                  cap);
    }
    for (size_t cap = high; cap < high + 50; cap++) {
        check_ok(try(b, SCRATCH, cap));
    }
    b->needs[SCRATCH] = high;
}

static bench bench_of(const act *a, uint64_t seed)
{
    bench b = {.a = a, .f = family_new(seed)};
    covey_buffer out[NUM_KINDS];

    if (a->prepare != NULL) a->prepare(b.f);
    b.sizes[SCRATCH] = b.needs[SCRATCH] = covey_mls_scratch_size();
    b.sizes[OUT] = b.needs[OUT] = covey_mls_saved_size();
    b.sizes[WELCOME] = b.needs[WELCOME] = covey_mls_welcome_size();
    for (size_t i = 0; i < NUM_KINDS; i++) b.areas[i] = guard_end(b.sizes[i]);
    b.image = act_image_of(&b.f->devices[a->who]);
    cr_assert(run(&b, b.needs, out) == COVEY_OK, "%s", a->name);
    act_image_restore(&b.image, &b.f->devices[a->who]);
    if (a->gives_out) b.needs[OUT] = out[OUT].len;
    if (a->gives_welcome) b.needs[WELCOME] = out[WELCOME].len;
    return b;
}

Test(buffers, too_small_a_buffer_is_refused_and_nothing_is_written_past_it)
{
    for (size_t i = 0; i < num_acts; i++) {
        bench b = bench_of(&acts[i], i);

        if (acts[i].takes_scratch) check_scratch(&b);
        if (acts[i].gives_out) check_output(&b, OUT);
        if (acts[i].gives_welcome) check_output(&b, WELCOME);
        guard_free_all();
        test_free_all();
    }
}

/* A saved state is a secret: what does not fit leaves nothing behind. */
Test(buffers, a_state_that_does_not_fit_leaves_no_part_of_it)
{
    family *f = family_new(3);
    covey_bytes whole = family_save(f, BOB, false);

    for (size_t cap = 0; cap < whole.len; cap += 7) {
        uint8_t *area = guard_end(cap);
        covey_buffer out = {area, cap, 99};

        check_err(covey_mls_group_save(f->devices[BOB].group, NULL, &out),
                  COVEY_ERR_BUFFER);
        cr_assert(test_is_zero(area, cap));
        guard_free_all();
    }
    test_free_all();
}
