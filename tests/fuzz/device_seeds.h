/*
 * Seeds of fuzz_device: honest answers, and some that are not.
 */
#ifndef COVEY_FUZZ_DEVICE_SEEDS_H
#define COVEY_FUZZ_DEVICE_SEEDS_H

void device_seeds_write(const char *directory);

#endif
