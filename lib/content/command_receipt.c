#include "content/wire.h"

static bool valid(const covey_content *content)
{
    const covey_command_receipt *receipt = &content->of.command_receipt;

    return covey_reference_valid(&receipt->command) &&
           covey_within((int64_t)receipt->outcome, COVEY_OUTCOME_DONE,
                        COVEY_OUTCOME_UNKNOWN) &&
           covey_within((int64_t)receipt->reason, COVEY_REFUSED_OTHER,
                        receipt->outcome == COVEY_OUTCOME_REFUSED
                            ? COVEY_REFUSED_FAILED
                            : COVEY_REFUSED_OTHER) &&
           receipt->has_answer == (receipt->answer != 0) &&
           (!receipt->has_answer || receipt->outcome == COVEY_OUTCOME_DONE);
}

static void *put(covey_wire *w, const covey_content *content)
{
    const covey_command_receipt *receipt = &content->of.command_receipt;
    Covey__CommandReceipt *message =
        covey_wire_new(w, &covey__command_receipt__descriptor);

    if (message == NULL) return NULL;
    message->command = covey_put_reference(w, &receipt->command);
    message->outcome = (Covey__CommandReceipt__Outcome)receipt->outcome;
    message->has_reason = receipt->outcome == COVEY_OUTCOME_REFUSED;
    message->reason = (uint32_t)receipt->reason;
    message->has_answer_counter = receipt->has_answer;
    message->answer_counter = receipt->answer;
    return message;
}

static void get(covey_wire *w, covey_content *content, const void *from)
{
    const Covey__CommandReceipt *message = from;
    covey_command_receipt *receipt = &content->of.command_receipt;

    covey_get_known(w, &message->base);
    covey_get_reference(w, &receipt->command, message->command);
    receipt->outcome = (covey_outcome)message->outcome;
    covey_wire_require(w, (message->has_reason != 0) ==
                              (receipt->outcome == COVEY_OUTCOME_REFUSED));
    if (message->reason <= COVEY_REFUSED_FAILED) {
        receipt->reason = (covey_refused)message->reason;
    }
    receipt->has_answer = message->has_answer_counter != 0;
    receipt->answer = message->answer_counter;
}

const covey_codec covey_codec_command_receipt = {valid, put, get};
