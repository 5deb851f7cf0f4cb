/*
 * The commands, each with its options; commands.c has the table.
 */
#ifndef DESK_COMMANDS_H
#define DESK_COMMANDS_H

#include "app.h"

/* cmd_join.c */
extern const struct argp_option init_options[];
extern const struct argp_option invite_options[];
extern const struct argp_option accept_options[];
int cmd_init(app *a);
int cmd_invite(app *a);
int cmd_accept(app *a);
int cmd_confirm(app *a);
int cmd_cancel(app *a);

/* cmd_circle.c */
int cmd_members(app *a);
int cmd_name(app *a);
int cmd_status(app *a);
int cmd_verify(app *a);
int cmd_log(app *a);

/* cmd_change.c */
int cmd_remove(app *a);
int cmd_leave(app *a);
int cmd_refresh(app *a);
int cmd_move(app *a);
int cmd_relay(app *a);
int cmd_abandon(app *a);
int cmd_wipe(app *a);
extern const struct argp_option wipe_options[];

/* cmd_watch.c */
extern const struct argp_option watch_options[];
int cmd_watch(app *a);

/* cmd_track.c */
extern const struct argp_option track_options[];
int cmd_track(app *a);

/* cmd_map.c */
extern const struct argp_option map_options_of[];
int cmd_map(app *a);

/* cmd_message.c */
extern const struct argp_option inbox_options[];
int cmd_send(app *a);
int cmd_inbox(app *a);

/* cmd_attach.c */
extern const struct argp_option voice_options[];
int cmd_voice(app *a);
int cmd_picture(app *a);
int cmd_save(app *a);

/* cmd_command.c */
extern const struct argp_option locate_options[];
extern const struct argp_option ring_options[];
int cmd_locate(app *a);
int cmd_ring(app *a);
int cmd_find(app *a);
int cmd_poweroff(app *a);
int cmd_sync(app *a);

/* cmd_sos.c */
extern const struct argp_option sos_options[];
int cmd_sos(app *a);
int cmd_pause(app *a);

/* cmd_policy.c */
extern const struct argp_option policy_options[];
int cmd_policy(app *a);

/* cmd_export.c */
extern const struct argp_option export_options[];
int cmd_export(app *a);

#endif
