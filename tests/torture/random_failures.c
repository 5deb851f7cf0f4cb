/* The host's random hook fails, or is stuck, in the middle of every call. */
#include "acts.h"

static const covey_random *hook_of(test_random *random)
{
    static covey_random hook;

    hook = test_random_hook(random);
    return &hook;
}

static int run(family *f, const act *a, const covey_random *random)
{
    act_call call = {random, family_scratch(f), &f->message, &f->welcome};

    f->message.len = 99;
    f->welcome.len = a->gives_welcome ? 99 : 0;
    return a->run(f, &call);
}

static void check_clean(const family *f, const act *a, const act_image *image,
                        int err, const char *how)
{
    cr_assert(err == COVEY_ERR_RANDOM, "%s, %s: %s", a->name, how,
              covey_error_name(err));
    cr_assert(act_image_same(image, &f->devices[a->who]),
              "%s, %s: it changed something", a->name, how);
    cr_assert(!a->gives_out || f->message.len == 0, "%s, %s: it gave something",
              a->name, how);
    cr_assert(f->welcome.len == 0, "%s, %s: it gave a Welcome", a->name, how);
}

Test(random, each_failure_of_the_hook_is_clean_and_the_call_succeeds_later)
{
    for (size_t i = 0; i < num_acts; i++) {
        const act *a = &acts[i];
        family *f = family_new(i);
        act_image image;
        uint64_t nth = 0;

        if (!a->takes_random) continue;
        if (a->prepare != NULL) a->prepare(f);
        covey_mls_joiner_wipe(f->devices[BOB].joiner);
        image = act_image_of(&f->devices[a->who]);
        for (;; nth++) {
            test_random random = test_random_of(77);
            int err;

            random.fail_at = nth;
            err = run(f, a, hook_of(&random));
            if (!random.failed) {
                check_ok(err);
                break;
            }
            check_clean(f, a, &image, err, "the hook failed");
            check_ok(
                run(f, a,
                    hook_of(&(test_random){.seed = 78,
                                           .fail_at = TEST_RANDOM_NEVER})));
            act_image_restore(&image, &f->devices[a->who]);
        }
        cr_assert(nth > 0 || strstr(a->name, "in public") != NULL,
                  "%s takes no randomness", a->name);
        test_free_all();
    }
}

/* T58: an unseeded source, or a driver that never wrote. Keys come of it in
 * no case. What does not make keys (a message, a Remove) goes on: its key is
 * the ratchet's. */
Test(random, a_stuck_source_makes_no_keys)
{
    for (size_t i = 0; i < num_acts; i++) {
        const act *a = &acts[i];
        family *f = family_new(i);
        act_image image;

        if (!a->takes_random) continue;
        if (a->prepare != NULL) a->prepare(f);
        image = act_image_of(&f->devices[a->who]);
        for (unsigned value = 0; value < 256; value += 51) {
            uint8_t byte = (uint8_t)value;
            const covey_random stuck = test_random_stuck(&byte);
            int err = run(f, a, &stuck);
            bool makes_keys = strstr(a->name, "commit") != NULL ||
                              strstr(a->name, "update") != NULL ||
                              strstr(a->name, "PSK") != NULL || /* its nonce */
                              a->run == acts[0].run || a->run == acts[1].run;

            if (makes_keys) {
                check_clean(f, a, &image, err, "the source is stuck");
            } else {
                check_ok(err);
            }
            act_image_restore(&image, &f->devices[a->who]);
        }
        test_free_all();
    }
}

Test(random, messages_of_a_stuck_source_still_have_different_keys)
{
    family *f = family_new(1);
    uint8_t zero = 0;
    const covey_random stuck = test_random_stuck(&zero);
    covey_bytes first;
    covey_bytes second;

    f->hook = stuck;
    first = family_say(f, ALICE, "the same words");
    second = family_say(f, ALICE, "the same words");
    cr_assert(first.len == second.len);
    cr_assert(memcmp(first.at + first.len - 100, second.at + second.len - 100,
                     100) != 0);
    check_ok(family_read(f, BOB, first, "the same words"));
    check_ok(family_read(f, BOB, second, "the same words"));
    test_free_all();
}
