/*
 * Serves the map to this machine's browser: on the loopback alone, and only
 * under a path that cannot be guessed, since any program and any user of the
 * machine, and any page in the browser, can ask the loopback. Requests that
 * name another host are refused: a name of somebody else's that leads to the
 * loopback gets nothing.
 */
#ifndef DESK_MAP_SERVER_H
#define DESK_MAP_SERVER_H

#include <stdint.h>

#include "complaint.h"
#include "map_page.h"

#define MAP_URL_SIZE 96

typedef struct map_server map_server;

/* The data of this moment, a new reference. */
typedef json_t *map_source(void *ctx);

/* Port 0: any that is free. The tiles' URL outlives the server. */
map_server *map_server_open(uint16_t port, const char *tiles,
                            map_source *source, void *ctx, complaint *error);
void map_server_close(map_server *server);

const char *map_server_url(const map_server *server);

/* Answers what waits, and waits no longer than this for more. */
void map_server_turn(map_server *server, uint32_t timeout_ms);

#endif
