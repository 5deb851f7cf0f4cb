#include "mls/epoch.h"

void covey_epoch_take_schedule(covey_epoch *epoch,
                               const covey_schedule *schedule)
{
    epoch->sender_data_secret = schedule->sender_data_secret;
    epoch->membership_key = schedule->membership_key;
    epoch->exporter_secret = schedule->exporter_secret;
    epoch->exporter_present = true;
    epoch->epoch_authenticator = schedule->epoch_authenticator;
    epoch->init_secret = schedule->init_secret;
    covey_secret_tree_init(&epoch->secret_tree, &schedule->encryption_secret,
                           epoch->tree.width);
}
