/*
 * What can be wrong with a leaf by itself, wherever it stands: RFC 9420
 * sections 7.2 and 7.3.
 */
#ifndef COVEY_TEST_LEAF_FAULTS_H
#define COVEY_TEST_LEAF_FAULTS_H

#include "forge.h"

typedef struct {
    const char *name;
    void (*make)(covey_leaf_node *leaf);
    int err;              /* 0: not wrong at all */
    bool is_key_packages; /* only of source key_package */
} leaf_fault;

extern const leaf_fault leaf_faults[];
extern const size_t num_leaf_faults;

#endif
