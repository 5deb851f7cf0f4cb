/* RFC 9420 section 7.3: a leaf by itself, in each message that brings one.
 * Those of a Welcome's tree are in welcome_tree.c. */
#include <covey/error.h>
#include <criterion/criterion.h>

#include "leaf_faults.h"

static const leaf_fault *fault;

static void expect_commit(size_t who, covey_bytes message)
{
    trying = fault->name;
    if (fault->err != COVEY_OK) {
        all_refuse_commit(who, message, fault->err);
    } else {
        all_accept_commit(who, message);
    }
}

static void expect_proposal(size_t who, covey_bytes message)
{
    trying = fault->name;
    if (fault->err != COVEY_OK) {
        all_refuse_proposal(who, message, fault->err);
    } else {
        all_accept_proposal(who, message);
    }
}

#define FOR_ALL_FAULTS                                                         \
    for (fault = leaf_faults; fault < leaf_faults + num_leaf_faults; fault++)

/* ---- Add ---- */

static void fault_of_package(package_forgery *f)
{
    fault->make(&f->leaf);
}

Test(leaf_node, of_a_key_package_by_value)
{
    family_begin(3);
    FOR_ALL_FAULTS
    {
        package_forgery package = {.at_leaf = fault_of_package};
        forgery *f = forge_with(0, forge_add(&package));
        expect_commit(0, forge_commit(f));
    }
}

Test(leaf_node, of_a_key_package_proposed)
{
    family_begin(3);
    FOR_ALL_FAULTS
    {
        package_forgery package = {.at_leaf = fault_of_package};
        forgery *f = forge_begin(0);
        expect_proposal(0, forge_proposal(f, forge_add(&package)));
    }
}

/* ---- Update ---- */

static covey_bytes faulty_update(size_t who)
{
    const covey_epoch *epoch = &family[who].group->epoch;
    const covey_leaf_place place = {covey_group_id(&epoch->context),
                                    epoch->keys.self};
    covey_bytes honest = proposal_update(who);
    covey_reader r = covey_reader_of(honest);
    covey_proposal proposal;

    covey_read_proposal(&r, &proposal);
    proposal.of.update.signature = covey_bytes_of(NULL, 0);
    fault->make(&proposal.of.update);
    return proposal_of(COVEY_PROPOSAL_UPDATE,
                       forge_leaf(&proposal.of.update, &place,
                                  &epoch->sign_key));
}

Test(leaf_node, of_an_update)
{
    family_begin(3);
    FOR_ALL_FAULTS
    {
        forgery *f = forge_begin(0);
        if (fault->is_key_packages) continue;
        expect_proposal(0, forge_proposal(f, faulty_update(0)));
    }
}

/* ---- Commit ---- */

static void fault_of_path(forgery *f)
{
    fault->make(&f->leaf);
}

Test(leaf_node, of_a_path)
{
    family_begin(3);
    FOR_ALL_FAULTS
    {
        forgery *f = forge_begin(0);
        if (fault->is_key_packages) continue;
        f->at[AT_LEAF] = fault_of_path;
        expect_commit(0, forge_commit(f));
    }
}
