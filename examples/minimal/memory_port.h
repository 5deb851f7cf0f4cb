/*
 * A port that keeps its records in memory: what it holds is gone when the
 * program ends. <covey/port.h> says what a real one has to do.
 */
#ifndef MINIMAL_MEMORY_PORT_H
#define MINIMAL_MEMORY_PORT_H

#include <covey/port.h>

covey_port memory_port(void);

#endif
