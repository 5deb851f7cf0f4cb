#include "fuzz/family.h"

#include <covey/error.h>
#include <stdlib.h>

#include "base/writer.h"
#include "fuzz/fuzz.h"

#define EXTENSION_TYPE 0xf001

static family the_family;
static test_random source;

static void check_ok(int err, const char *what)
{
    if (err == COVEY_OK) return;
    (void)fprintf(stderr, "the family cannot %s: %s\n", what,
                  covey_error_name(err));
    abort();
}

/* Memory that stays reachable: test_free_all runs after each input. */
static uint8_t *keep(size_t len)
{
    static uint8_t *kept[256];
    static size_t num;

    uint8_t *at = calloc(len, 1);
    fuzz_require(at != NULL && num < sizeof kept / sizeof kept[0]);
    kept[num++] = at;
    return at;
}

static covey_buffer buffer_of(size_t cap)
{
    return (covey_buffer){keep(cap), cap, 0};
}

covey_random family_random(void)
{
    return test_random_hook(&source);
}

covey_bytes family_extensions(const char *text)
{
    covey_writer w = covey_writer_of(keep(64), 64);

    covey_write_u16(&w, EXTENSION_TYPE);
    covey_write_vec(&w, covey_bytes_of_text(text));
    return covey_writer_since(&w, 0);
}

static covey_mls_member member_of(const char *name)
{
    static const uint16_t types[] = {EXTENSION_TYPE};

    return (covey_mls_member){
        .identity = covey_bytes_of_text(name),
        .extension_types = types,
        .num_extension_types = 1,
        .not_before_s = 1,
        .not_after_s = 1000,
    };
}

static covey_bytes new_package(covey_mls_joiner *joiner, const char *name)
{
    const covey_mls_member member = member_of(name);
    covey_random random = family_random();
    covey_buffer out = buffer_of(covey_mls_key_package_size());

    check_ok(covey_mls_joiner_new(joiner, &random, &member, NULL, &out),
             "make a KeyPackage");
    return covey_bytes_of(out.at, out.len);
}

family_commit family_make_commit(covey_mls_group *group,
                                 covey_mls_staged *staged,
                                 const covey_mls_commit_options *options)
{
    covey_random random = family_random();
    covey_buffer commit = buffer_of(covey_mls_message_size());
    covey_buffer welcome = buffer_of(covey_mls_welcome_size());

    check_ok(covey_mls_commit(group, &random, options, staged,
                              &the_family.scratch, &commit, &welcome),
             "commit");
    return (family_commit){covey_bytes_of(commit.at, commit.len),
                           covey_bytes_of(welcome.at, welcome.len)};
}

covey_bytes family_make_proposal(covey_mls_group *group,
                                 const covey_mls_change *change, bool as_public,
                                 covey_mls_ref *ref)
{
    const covey_mls_framing framing = {.as_public = as_public};
    covey_random random = family_random();
    covey_buffer out = buffer_of(covey_mls_message_size());

    check_ok(covey_mls_propose(group, &random, change, NULL, 0, &framing,
                               &the_family.scratch, &out, ref),
             "propose");
    return covey_bytes_of(out.at, out.len);
}

covey_bytes family_make_text(covey_mls_group *group, const char *text)
{
    covey_random random = family_random();
    covey_buffer out = buffer_of(1024);

    check_ok(covey_mls_protect(group, &random, covey_bytes_of_text(text), NULL,
                               &the_family.scratch, &out),
             "protect");
    return covey_bytes_of(out.at, out.len);
}

/* ---- how the group came about ---- */

static void join(covey_mls_group *group, covey_mls_joiner *joiner,
                 covey_bytes welcome)
{
    static covey_mls_staged staged;
    const covey_bytes none = {NULL, 0};

    check_ok(covey_mls_stage_welcome(&staged, joiner, welcome, none, NULL, 0,
                                     NULL, &the_family.scratch),
             "stage a Welcome");
    check_ok(covey_mls_join(group, joiner, &staged), "join");
}

/* `by` commits, all the others who are in the group follow. */
static covey_bytes commit(covey_mls_group *const *all, size_t num, size_t by,
                          const covey_mls_commit_options *options)
{
    static covey_mls_staged own;
    static covey_mls_staged staged;
    family_commit made = family_make_commit(all[by], &own, options);

    for (size_t i = 0; i < num; i++) {
        if (i == by || !covey_mls_is_open(all[i])) continue;
        check_ok(covey_mls_stage(all[i], &staged, made.commit, NULL, 0,
                                 &the_family.scratch),
                 "stage a commit");
        check_ok(covey_mls_merge(all[i], &staged), "merge");
    }
    check_ok(covey_mls_merge(all[by], &own), "merge its own commit");
    return made.welcome;
}

static covey_mls_change add_of(covey_bytes package)
{
    return (covey_mls_change){.kind = COVEY_MLS_ADD, .key_package = package};
}

static covey_mls_change remove_of(uint32_t leaf)
{
    return (covey_mls_change){.kind = COVEY_MLS_REMOVE, .leaf = leaf};
}

/* Carl and Dora are in it for a while, at leaves 2 and 3. */
static void make_group(void)
{
    static covey_mls_group carl;
    static covey_mls_group dora;
    static covey_mls_joiner joiners[5];
    covey_mls_group *members = the_family.members;
    covey_mls_group *const all[] = {&members[ANNA], &members[BEN], &carl, &dora,
                                    &members[FRED], &members[EVA]};
    const covey_mls_member anna = member_of("anna");
    covey_random random = family_random();
    const covey_mls_commit_options refresh = {.num_changes = 0};

    check_ok(covey_mls_group_create(&members[ANNA], &random,
                                    covey_bytes_of_text("family"), &anna, NULL,
                                    family_extensions("first"), NULL),
             "begin");
    const covey_mls_change adds[] = {add_of(new_package(&joiners[0], "ben")),
                                     add_of(new_package(&joiners[1], "carl")),
                                     add_of(new_package(&joiners[2], "dora")),
                                     add_of(new_package(&joiners[3], "fred"))};
    covey_bytes welcome =
        commit(all, 1, 0,
               &(covey_mls_commit_options){.changes = adds, .num_changes = 4});
    for (size_t i = 0; i < 4; i++) join(all[i + 1], &joiners[i], welcome);

    (void)commit(all, 5, 3, &refresh);
    (void)commit(all, 5, 2, &refresh);
    (void)commit(all, 5, 4, &refresh);
    const covey_mls_change removes[] = {remove_of(2), remove_of(3)};
    (void)commit(all, 5, 0,
                 &(covey_mls_commit_options){.changes = removes,
                                             .num_changes = 2});
    (void)commit(all, 5, 1, &refresh);

    const covey_mls_change add = add_of(new_package(&joiners[4], "eva"));
    welcome = commit(all, 5, 0,
                     &(covey_mls_commit_options){.changes = &add,
                                                 .num_changes = 1,
                                                 .without_path = true});
    join(&members[EVA], &joiners[4], welcome);
    fuzz_require(covey_mls_own_leaf(&members[EVA]) == 2);
    fuzz_require(covey_mls_num_members(&members[ANNA]) == FAMILY_NUM);
}

/* ---- the proposals of the present epoch ---- */

static void propose(family_name by, const covey_mls_change *change, size_t at)
{
    covey_mls_group *members = the_family.members;
    bool as_public = at % 2 == 0;
    covey_bytes message = family_make_proposal(&members[by], change, as_public,
                                               &the_family.refs[at]);
    covey_mls_change_info info;

    for (size_t i = 0; i < FAMILY_NUM; i++) {
        if (i == by) continue;
        check_ok(covey_mls_receive_proposal(&members[i], message,
                                            &the_family.scratch, &info, NULL),
                 "receive a proposal");
    }
}

static void make_proposals(void)
{
    const covey_mls_change add = add_of(the_family.greg_package);
    const covey_mls_change remove = remove_of(2);
    const covey_mls_change update = {.kind = COVEY_MLS_UPDATE};
    const covey_mls_change psk = {.kind = COVEY_MLS_PSK,
                                  .psk_id = the_family.psk.id};
    const covey_mls_change extensions = {.kind = COVEY_MLS_EXTENSIONS,
                                         .extensions =
                                             family_extensions("next")};

    propose(ANNA, &add, 0);
    propose(FRED, &update, 1);
    propose(BEN, &remove, 2);
    propose(ANNA, &psk, 3);
    propose(ANNA, &extensions, 4);
}

const family *family_get(void)
{
    static bool made;

    if (!made) {
        made = true;
        source = test_random_of(9420);
        the_family.scratch = buffer_of(covey_mls_scratch_size());
        the_family.psk = (covey_mls_psk){covey_bytes_of_text("secret word"),
                                         covey_bytes_of_text("abracadabra")};
        the_family.greg_package = new_package(&the_family.greg, "greg");
        make_group();
        make_proposals();
    }
    return &the_family;
}
