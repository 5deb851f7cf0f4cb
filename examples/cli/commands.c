#include "commands.h"

const app_command app_commands[] = {
    {"init", "", "Begin a circle: this is the first guardian's phone.", 0, 0,
     init_options, cmd_init},
    {"invite", "",
     "Show an invite, so that a guardian takes this device into a circle.", 0,
     0, invite_options, cmd_invite},
    {"accept", "URI", "Take the device that shows this invite into the circle.",
     1, 1, accept_options, cmd_accept},
    {"confirm", "",
     "Say on the new device that its digits were taken.\vOnly needed when "
     "`covey invite' ended before.",
     0, 0, NULL, cmd_confirm},
    {"cancel", "", "Give up an invite, or a circle that was not confirmed.", 0,
     0, NULL, cmd_cancel},
    {"members", "", "List who is in the circle.", 0, 0, NULL, cmd_members},
    {"name", "MEMBER NAME", "Call a member by a name, on this device only.", 2,
     2, NULL, cmd_name},
    {"status", "", "Say how this device stands.", 0, 0, NULL, cmd_status},
    {"verify", "", "Show the safety number, to be compared face to face.", 0, 0,
     NULL, cmd_verify},
    {"log", "", "Show who looked and who changed what, as the watch logs it.",
     0, 0, NULL, cmd_log},
    {"watch", "", "Be the child's watch: a track, or a receiver.", 0, 0,
     watch_options, cmd_watch},
    {"track", "", "Show where the child is, as it comes.", 0, 0, track_options,
     cmd_track},
    {"map", "", "Serve a map to the browser of this machine.", 0, 0,
     map_options_of, cmd_map},
    {"send", "TEXT...", "Send a message to the circle.", 1, APP_ARGS_MAX, NULL,
     cmd_send},
    {"inbox", "", "Show messages, and tell their senders that they were read.",
     0, 0, inbox_options, cmd_inbox},
    {"voice", "FILE", "Send a voice message.", 1, 1, voice_options, cmd_voice},
    {"picture", "FILE", "Send a picture, PNG or JPEG.", 1, 1, NULL,
     cmd_picture},
    {"save", "[NUMBER] FILE",
     "Save a voice message or a picture: the newest, or the one of this "
     "number in the inbox.",
     1, 2, NULL, cmd_save},
    {"locate", "", "Ask the watch where it is now; its wearer is told.", 0, 0,
     locate_options, cmd_locate},
    {"ring", "", "Let the watch ring.", 0, 0, ring_options, cmd_ring},
    {"find", "", "Let a watch that was mislaid make a noise.", 0, 0,
     ring_options, cmd_find},
    {"poweroff", "", "Switch the watch off.", 0, 0, locate_options,
     cmd_poweroff},
    {"sync", "", "Read and send what waits, and end.", 0, 0, NULL, cmd_sync},
    {"sos", "", "Call for help; on a phone, say that the call was seen.", 0, 0,
     sos_options, cmd_sos},
    {"pause", "[MINUTES]",
     "Let the wearer have some time without locations.\vWithout MINUTES, or "
     "with 0, the pause is over. An SOS works all the time.",
     0, 1, NULL, cmd_pause},
    {"policy", "[WHAT [WORD...]]",
     "Show or change the rules of the circle.\v"
     "  policy                             show all\n"
     "  policy zone NAME LAT LON METRES    a safe zone (--enter, --leave, "
     "--hidden)\n"
     "  policy zone NAME                   with --remove: none of that name\n"
     "  policy hours 'Mon-Fri 8:00-12:00'...  school hours\n"
     "  policy contacts MEMBER...          who may write to the watch\n"
     "  policy sos MEMBER...               who is asked first\n"
     "  policy reporting SECONDS           how often (--moving, --metres, "
     "--reserve)\n"
     "  policy precision METRES            0: as fine as it is\n"
     "  policy set FILE                    a document in JSON",
     0, APP_ARGS_MAX, policy_options, cmd_policy},
    {"remove", "MEMBER",
     "Remove a member; another guardian's phone goes when a second person "
     "agrees.",
     1, 1, NULL, cmd_remove},
    {"leave", "", "Leave the circle.", 0, 0, NULL, cmd_leave},
    {"refresh", "", "Give the circle fresh keys now.", 0, 0, NULL, cmd_refresh},
    {"move", "RELAY",
     "Move the circle to another relay.\v"
     "All members are told, and follow when they have read it at the old one.",
     1, 1, NULL, cmd_move},
    {"relay", "RELAY",
     "Have this device alone ask another relay.\v"
     "For when the circle's relay is gone for good: each member does this, "
     "then a guardian says `covey move RELAY`.",
     1, 1, NULL, cmd_relay},
    {"abandon", "", "Give up the change that is under way.", 0, 0, NULL,
     cmd_abandon},
    {"export", "", "Write the track as GPX, GeoJSON or CSV.", 0, 0,
     export_options, cmd_export},
    {"wipe", "", "Erase all that this device has; members are not told.", 0, 0,
     wipe_options, cmd_wipe},
    {NULL, NULL, NULL, 0, 0, NULL, NULL}};
