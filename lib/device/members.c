/* Looking at the circle. */
#include <covey/error.h>

#include "circle/numbers.h"
#include "device/device.h"
#include "device/fields.h"

bool covey_device_member(const covey_device *device, size_t at, covey_now now,
                         covey_member *member)
{
    covey_clock clock = device->clock;

    if (!device->is_open || at >= device->roster.num_members) return false;
    const covey_roster_member *entry = &device->roster.members[at];

    covey_clock_set(&clock, now);
    *member = (covey_member){
        .id = entry->id,
        .role = (covey_role)entry->role,
        .person = entry->person,
        .votes = entry->votes == 1,
        .is_self = covey_same_member(&entry->id, &device->self.id),
        .heard_ms = -1,
    };
    for (size_t i = 0; i < device->peers.num; i++) {
        const covey_peer *peer = &device->peers.items[i];

        if (!covey_same_member(&peer->id, &entry->id)) continue;
        member->is_confirmed = peer->is_current || member->is_self;
        if (peer->is_known && !member->is_self) {
            member->heard_ms = (int64_t)(clock.count_ms - peer->heard);
        }
    }
    return true;
}

covey_member_id covey_device_self(const covey_device *device)
{
    return device->self.id;
}

const char *covey_device_relay(const covey_device *device)
{
    return device->self.relay;
}

int covey_device_safety_number(const covey_device *device,
                               char number[COVEY_SAFETY_NUMBER_SIZE])
{
    if (!device->is_open) return COVEY_ERR_STATE;
    return covey_safety_number_of(number, device->group);
}

bool covey_device_access(const covey_device *device, size_t at,
                         covey_access_entry *entry)
{
    if (!device->is_open || at >= device->book.num) return false;
    *entry = device->book.kept[device->book.num - 1 - at];
    return true;
}
