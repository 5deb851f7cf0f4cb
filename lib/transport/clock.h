/*
 * The system's clocks, for hosts that bring none.
 */
#ifndef COVEY_TRANSPORT_CLOCK_H
#define COVEY_TRANSPORT_CLOCK_H

#include <covey/device.h>

covey_now covey_clock_now(void *unused);

#endif
