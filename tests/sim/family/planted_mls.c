/* A bug in lib/mls: apart, as lib/content has a covey_content of its own. */
#include "mls/framing.h"
#include "mls/types.h"
#include "planted.h"

bool planted_reads_again;

PLANTED(void, covey_framing_take, covey_epoch *epoch,
        const covey_authenticated_content *content)
{
    if (planted_reads_again &&
        content->content_type == COVEY_CONTENT_APPLICATION) {
        return;
    }
    __real_covey_framing_take(epoch, content);
}
