/*
 * The roster, SPEC.md section 2.2: data, or a list of extensions. What is
 * read has one encoding, and may follow itself.
 */
#include "circle/roster.h"

#include <covey/error.h>

#include "circle/succession.h"
#include "fuzz/fuzz.h"

static void check_valid(const covey_roster *roster)
{
    fuzz_require(roster->num_members <= COVEY_ROSTER_MEMBERS_MAX);
    fuzz_require(roster->relays_len <= sizeof roster->relays);
    for (size_t i = 0; i < roster->num_members; i++) {
        const covey_roster_member *member = &roster->members[i];

        fuzz_require(covey_roster_find(roster, covey_member_id_bytes(
                                                   &member->id)) == member);
        fuzz_require(member->person < roster->next_person);
        fuzz_require(covey_roster_only_shrinks(roster, roster));
        fuzz_require(covey_roster_may_follow(roster, roster, member));
    }
}

/* Writes it again; extensions, or the data alone. */
static covey_bytes again(const covey_roster *roster, bool extensions)
{
    covey_writer w = covey_writer_of(test_alloc(2048), 2048);

    if (extensions) {
        covey_roster_write_extensions(&w, roster);
    } else {
        covey_roster_write(&w, roster);
    }
    fuzz_require(!w.failed && w.len <= COVEY_MLS_EXTENSIONS_MAX);
    return covey_writer_since(&w, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    covey_bytes input = covey_bytes_of(data, size);
    bool extensions = fuzz_byte(&input) != 0;
    covey_roster roster;
    int err = extensions ? covey_roster_of(&roster, input)
                         : covey_roster_read(&roster, input);

    if (err) {
        fuzz_require(err == COVEY_ERR_ROSTER);
        fuzz_require(test_is_zero(&roster, sizeof roster));
    } else {
        check_valid(&roster);
        fuzz_require(covey_bytes_same(again(&roster, extensions), input));
    }
    test_free_all();
    return 0;
}
