#include <covey/content.h>

size_t covey_payload_max(void)
{
    return COVEY_PAYLOAD_MAX;
}

size_t covey_payload_small_max(void)
{
    return COVEY_PAYLOAD_SMALL_MAX;
}

size_t covey_content_scratch_size(void)
{
    return COVEY_CONTENT_SCRATCH_SIZE;
}

size_t covey_text_max(void)
{
    return COVEY_TEXT_MAX;
}

size_t covey_fixes_max(void)
{
    return COVEY_FIXES_MAX;
}

size_t covey_wifi_max(void)
{
    return COVEY_WIFI_MAX;
}

size_t covey_cells_max(void)
{
    return COVEY_CELLS_MAX;
}

size_t covey_zones_max(void)
{
    return COVEY_ZONES_MAX;
}

size_t covey_zone_name_max(void)
{
    return COVEY_ZONE_NAME_MAX;
}

size_t covey_contacts_max(void)
{
    return COVEY_CONTACTS_MAX;
}

size_t covey_access_entries_max(void)
{
    return COVEY_ACCESS_ENTRIES_MAX;
}

size_t covey_attachment_max(void)
{
    return COVEY_ATTACHMENT_MAX;
}

size_t covey_chunk_max(void)
{
    return COVEY_CHUNK_MAX;
}
