#include "mls/proposal.h"

#include <covey/error.h>

#include "mls/extension.h"
#include "mls/types.h"

static void read_reinit(covey_reader *r, covey_reinit *reinit)
{
    reinit->group_id = covey_read_vec(r);
    reinit->version = covey_read_u16(r);
    reinit->cipher_suite = covey_read_u16(r);
    reinit->extensions = covey_read_vec(r);
}

void covey_read_proposal(covey_reader *r, covey_proposal *proposal)
{
    const uint8_t *start = r->at;

    proposal->type = covey_read_u16(r);
    switch (proposal->type) {
    case COVEY_PROPOSAL_ADD:
        covey_read_key_package(r, &proposal->of.add);
        break;
    case COVEY_PROPOSAL_UPDATE:
        covey_read_leaf_node(r, &proposal->of.update);
        break;
    case COVEY_PROPOSAL_REMOVE:
        proposal->of.remove.value = covey_read_u32(r);
        break;
    case COVEY_PROPOSAL_PSK: covey_read_psk_id(r, &proposal->of.psk); break;
    case COVEY_PROPOSAL_REINIT: read_reinit(r, &proposal->of.reinit); break;
    case COVEY_PROPOSAL_EXTERNAL_INIT:
        proposal->of.kem_output = covey_read_vec(r);
        break;
    case COVEY_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        proposal->of.extensions = covey_read_vec(r);
        break;
    default: r->failed = true; break;
    }
    proposal->encoding = covey_reader_since(r, start);
}

void covey_write_proposal(covey_writer *w, const covey_proposal *proposal)
{
    const covey_reinit *reinit = &proposal->of.reinit;

    covey_write_u16(w, proposal->type);
    switch (proposal->type) {
    case COVEY_PROPOSAL_ADD:
        covey_write_key_package(w, &proposal->of.add);
        break;
    case COVEY_PROPOSAL_UPDATE:
        covey_write_leaf_node(w, &proposal->of.update);
        break;
    case COVEY_PROPOSAL_REMOVE:
        covey_write_u32(w, proposal->of.remove.value);
        break;
    case COVEY_PROPOSAL_PSK: covey_write_psk_id(w, &proposal->of.psk); break;
    case COVEY_PROPOSAL_REINIT:
        covey_write_vec(w, reinit->group_id);
        covey_write_u16(w, reinit->version);
        covey_write_u16(w, reinit->cipher_suite);
        covey_write_vec(w, reinit->extensions);
        break;
    case COVEY_PROPOSAL_EXTERNAL_INIT:
        covey_write_vec(w, proposal->of.kem_output);
        break;
    case COVEY_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
        covey_write_vec(w, proposal->of.extensions);
        break;
    default: w->failed = true; break;
    }
}

int covey_proposal_read_error(const covey_proposal *proposal)
{
    return covey_proposal_is_default(proposal->type) ? COVEY_ERR_MALFORMED
                                                     : COVEY_ERR_PROFILE;
}

void covey_read_proposal_or_ref(covey_reader *r, covey_proposal_or_ref *item)
{
    item->type = covey_read_u8(r);
    item->proposal.type = COVEY_PROPOSAL_ADD;
    switch (item->type) {
    case COVEY_BY_VALUE: covey_read_proposal(r, &item->proposal); break;
    case COVEY_BY_REFERENCE: item->reference = covey_read_vec(r); break;
    default: r->failed = true; break;
    }
}
